/** Words that name an amount of money wherever they stand in a name, in the singular. */
const MONEY = words(`
  amount balance bonus budget cash cent charge chargeback commission cost credit currency debit debt deposit discount due earning expense
  fee fund gmv income jackpot loan money pay payable payment payout price profit proceeds receivable refund revenue salary
  spend spending stake subtotal subsidy surcharge tax tip total turnover vat wage wager winning withdrawal
  aud brl cad chf cny czk dkk eur euro gbp huf inr jpy kzt mxn nok pln rub ruble sek uah usd usdt dollar`);

/** What turns such a name into something else when it is the last word: a share of an amount, a count, a measure. */
const NOT_MONEY = words(`
  bps coefficient confidence count elasticity exponent factor fraction growth index likelihood margin multiplier multiple odds pct percent
  percentage percentile points probability rank rate ratio risk score share similarity trend volatility weight
  celsius distance duration hour hours kg km latency lat length litre liter lng lon meter metre meters metres mb gb mile miles millis minute
  minutes ms second seconds size speed temperature time volume`);

/** Words that mean nothing by themselves, and an amount inside something that names one: `price.value`, `balance.before`. */
const NEUTRAL = words(`
  after available average avg base before blocked change close current decimal delta final from gross high initial locked low major max
  maximum min minimum minor net new number old open original paid pending previous quantity raw remaining reserved sum to unit units val
  value whole`);

/** Word pairs that name money only together. */
const PAIRS = /(?:^|_)(?:basket|bet|cart|contract|face|gift|invoice|market|order|purchase|transaction)_(?:value|sum)(?:_|$)/;

/** Written in one, as in `totalamount` or `unitprice`; the exceptions are words of their own. */
const ENDINGS = /(?:amount|balance|cents|cost|payment|payout|price|revenue|total)$/;
const NO_ENDINGS = words("accents adolescents ascents descents docents imbalance innocents percents rebalance scents teetotal unbalance");

/** `unitPriceUSD2` → unit, price, usd. */
export function wordsOf(name: string): string[] {
  return name
    .replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_")
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter(Boolean);
}

/** Whether a name says that its value is money: `amount_cents`, `unitPrice`, `TotalFees`, but not `fee_rate` or `total_seconds`. */
export function namesMoney(name: string): boolean {
  const all = wordsOf(name);
  if (all.some(isCents)) return true;
  if (NOT_MONEY.has(all.at(-1) ?? "")) return false;
  return all.some(isMoney) || PAIRS.test(all.join("_"));
}

/** Whether a name says that its value counts cents. */
export function namesCents(name: string): boolean {
  return wordsOf(name).some(isCents);
}

/** Whether a name takes its meaning from what it is inside of. */
export function isNeutral(name: string): boolean {
  return wordsOf(name).every((word) => forms(word).some((form) => NEUTRAL.has(form)));
}

const isCents = (word: string) => word === "cent" || (word.endsWith("cents") && !NO_ENDINGS.has(word));
const isMoney = (word: string) => forms(word).some((form) => MONEY.has(form) || (ENDINGS.test(form) && !NO_ENDINGS.has(word)));

/** The word, and what it may be the plural of: tax of taxes, fee of fees, penny of pennies. */
function forms(word: string): string[] {
  return [word, word.replace(/s$/, ""), word.replace(/es$/, ""), word.replace(/ies$/, "y")];
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.trim().split(/\s+/));
}
