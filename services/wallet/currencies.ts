/**
 * The currencies of ISO 4217 that are in use, from the Unicode data that Node carries: a newer Node
 * knows newer currencies. A library would be a copy of the same list to keep up to date.
 */
export const currencies: readonly string[] = Intl.supportedValuesOf("currency");
