import type { Page } from "puppeteer-core";

const TIMEOUT_MS = 10_000;

/** Text of all that is shown. */
export function shownText(page: Page): Promise<string> {
  return page.evaluate(() => document.body.textContent ?? "");
}

/** Waits until the page shows a text. @throws with what it shows instead */
export async function waitForText(page: Page, text: string, timeoutMs = TIMEOUT_MS): Promise<void> {
  try {
    await page.waitForFunction(
      (wanted: string) => (document.body.textContent ?? "").includes(wanted),
      { timeout: timeoutMs },
      text,
    );
  } catch {
    throw new Error(`the page does not show '${text}' but: ${(await shownText(page)).slice(0, 600)}`);
  }
}

export async function waitForNoText(page: Page, text: string, timeoutMs = TIMEOUT_MS): Promise<void> {
  await page.waitForFunction(
    (gone: string) => !(document.body.textContent ?? "").includes(gone),
    { timeout: timeoutMs },
    text,
  );
}

/** Clicks the first button or link with exactly this text. */
export async function clickText(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted: string) =>
      [...document.querySelectorAll<HTMLElement>("button, a")].some((each) => each.textContent?.trim() === wanted),
    { timeout: TIMEOUT_MS },
    text,
  );
  await page.evaluate((wanted: string) => {
    [...document.querySelectorAll<HTMLElement>("button, a")]
      .find((each) => each.textContent?.trim() === wanted)
      ?.click();
  }, text);
}

/** Path and query of the address. */
export function addressOf(page: Page): string {
  const { pathname, search } = new URL(page.url());
  return pathname + search;
}
