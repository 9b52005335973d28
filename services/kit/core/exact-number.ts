/**
 * True if a number's text, as JSON writes it, is what JavaScript prints of it, but for spelling.
 * `0.99999999999999999` would become 1, `10000000000.0000000001` 10000000000 and `1e400` Infinity:
 * whatever judged them afterwards would judge another number.
 */
export function isExactNumber(text: string): boolean {
  const number = Number(text);
  return Number.isFinite(number) && significand(text) === significand(String(number));
}

/** One spelling of each decimal: its digits without outer zeros, and their exponent. */
function significand(text: string): string {
  const [, sign, whole = "", fraction = "", exponent = "0"] = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, "");
  const shortened = digits.slice(0, endWithoutZeros(digits));
  if (shortened === "") return "0";
  return `${sign}${shortened}e${Number(exponent) - fraction.length + digits.length - shortened.length}`;
}

/** Not a pattern: `0+$` starts again at each zero, for minutes on a body of `0.1000…0001`. */
function endWithoutZeros(digits: string): number {
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  return end;
}
