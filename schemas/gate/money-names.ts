/** Words, in the singular, that name an amount of money anywhere in a name. */
const MONEY_WORDS = createWordSet(`
  amount balance bonus budget cash cent charge chargeback commission cost credit currency debit debt deposit discount due earning expense
  fee fund gmv income jackpot loan money pay payable payment payout price profit proceeds receivable refund revenue salary
  spend spending stake subtotal subsidy surcharge tax tip total turnover vat wage wager winning withdrawal
  aud brl cad chf cny czk dkk eur euro gbp huf inr jpy kzt mxn nok pln rub ruble sek uah usd usdt dollar`);

/**
 * Last words that make such a name something else: a share of an amount, a count, a measure.
 */
const NON_MONEY_WORDS = createWordSet(`
  bps coefficient confidence count elasticity exponent factor fraction growth index likelihood margin multiplier multiple odds pct percent
  percentage percentile points probability rank rate ratio risk score share similarity trend volatility weight
  celsius distance duration hour hours kg km latency lat length litre liter lng lon meter metre meters metres mb gb mile miles millis minute
  minutes ms second seconds size speed temperature time volume`);

/**
 * Words that mean an amount only inside something that names one: `price.value`, `balance.before`.
 */
const NEUTRAL_WORDS = createWordSet(`
  after available average avg base before blocked change close current decimal delta final from gross high initial locked low major max
  maximum min minimum minor net new number old open original paid pending previous quantity raw remaining reserved sum to unit units val
  value whole`);

/** Word pairs that name money only together. */
const MONEY_PAIRS =
  /(?:^|_)(?:basket|bet|cart|contract|face|gift|invoice|market|order|purchase|transaction)_(?:value|sum)(?:_|$)/;

/** Compounds such as `totalamount` or `unitprice`; the exceptions are other words. */
const MONEY_ENDINGS = /(?:amount|balance|cents|cost|payment|payout|price|revenue|total)$/;
const ENDING_EXCEPTIONS = createWordSet(
  "accents adolescents ascents descents docents imbalance innocents percents rebalance scents teetotal unbalance",
);

/** `unitPriceUSD2` → unit, price, usd. */
export function splitWords(name: string): string[] {
  return name
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
}

/**
 * Whether a name says that its value is money: `amount_cents`, `unitPrice`, `TotalFees`, but not
 * `fee_rate` or `total_seconds`.
 */
export function isMoneyName(name: string): boolean {
  const all = splitWords(name);
  if (all.some(isCentsWord)) return true;
  if (NON_MONEY_WORDS.has(all.at(-1) ?? "")) return false;
  return all.some(isMoneyWord) || MONEY_PAIRS.test(all.join("_"));
}

/** Whether a name says that its value counts cents. */
export function isCentsName(name: string): boolean {
  return splitWords(name).some(isCentsWord);
}

/** Whether a name takes its meaning from the name around it. */
export function isNeutralName(name: string): boolean {
  return splitWords(name).every((word) => singularForms(word).some((form) => NEUTRAL_WORDS.has(form)));
}

const isCentsWord = (word: string) => word === "cent" || (word.endsWith("cents") && !ENDING_EXCEPTIONS.has(word));
const isMoneyWord = (word: string) =>
  singularForms(word).some(
    (form) => MONEY_WORDS.has(form) || (MONEY_ENDINGS.test(form) && !ENDING_EXCEPTIONS.has(word)),
  );

/** The word and its possible singulars: tax for taxes, fee for fees, penny for pennies. */
function singularForms(word: string): string[] {
  return [word, word.replace(/s$/, ""), word.replace(/es$/, ""), word.replace(/ies$/, "y")];
}

function createWordSet(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}
