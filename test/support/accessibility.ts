import type { Page } from 'playwright-core';

/**
 * Problems of the current page that a checker would report: names, headings, ids, contrast (AA), target size, width.
 * Empty if there are none.
 */
export function accessibilityProblems(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const problems: string[] = [];
    const visible = <T extends Element>(selector: string): T[] =>
      [...document.querySelectorAll<T>(selector)].filter((element) => element.checkVisibility());
    const say = (element: Element): string => element.outerHTML.slice(0, 120);

    if (!document.documentElement.lang || !document.title) problems.push('no language or title');
    const headings = visible('h1').length;
    if (headings !== 1) problems.push(`${headings} first headings`);
    const landmarks = visible('main').length;
    if (landmarks !== 1) problems.push(`${landmarks} main landmarks`);
    for (const input of visible<HTMLInputElement>('input, select, textarea'))
      if (!input.labels?.length && !input.ariaLabel) problems.push(`no label: ${say(input)}`);
    for (const control of visible<HTMLElement>('button, a[href]')) {
      if (!control.ariaLabel && !control.innerText.trim())
        problems.push(`no name: ${say(control)}`);
      const { width, height } = control.getBoundingClientRect();
      const isInText = getComputedStyle(control).display === 'inline' || control.matches('.link');
      if (!isInText && (width < 24 || height < 24)) problems.push(`too small: ${say(control)}`);
    }
    const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
    if (new Set(ids).size !== ids.length) problems.push('an id twice');
    if (document.documentElement.scrollWidth > innerWidth)
      problems.push(
        `wider than the window: ${document.documentElement.scrollWidth} > ${innerWidth}`,
      );

    type Colour = readonly [number, number, number, number];
    const colour = (text: string): Colour => {
      const [red = 0, green = 0, blue = 0, alpha = 1] = (text.match(/[\d.]+/g) ?? []).map(Number);
      return [red, green, blue, alpha];
    };
    const luminance = ([red, green, blue]: Colour): number => {
      const linear = (channel: number): number =>
        channel / 255 <= 0.04045 ? channel / 255 / 12.92 : ((channel / 255 + 0.055) / 1.055) ** 2.4;
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    };
    const ground = (element: Element | null): Colour => {
      for (let each = element; each; each = each.parentElement) {
        const found = colour(getComputedStyle(each).backgroundColor);
        if (found[3] === 1) return found;
      }
      return [255, 255, 255, 1];
    };
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      if (!element?.checkVisibility() || !texts.currentNode.textContent?.trim()) continue;
      // a disabled control is exempt (WCAG 2.2, 1.4.3)
      if (element.closest(':disabled, .unseen')) continue;
      const style = getComputedStyle(element);
      const front = luminance(colour(element instanceof SVGElement ? style.fill : style.color));
      const back = luminance(ground(element));
      const ratio = (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
      if (ratio < 4.5)
        problems.push(`contrast ${ratio.toFixed(2)}: ${texts.currentNode.textContent}`);
    }
    return problems;
  });
}

/** Presses Tab; returns the names of the focused elements in order. @throws if one does not show its focus */
export async function tabThrough(page: Page, stops: number): Promise<string[]> {
  const names: string[] = [];
  for (let stop = 0; stop < stops; stop++) {
    await page.keyboard.press('Tab');
    const { name, outline } = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement;
      const style = getComputedStyle(element);
      return {
        name: element.ariaLabel ?? element.labels?.[0]?.innerText ?? element.innerText.trim(),
        outline: style.outlineStyle === 'none' ? 0 : Number.parseFloat(style.outlineWidth),
      };
    });
    if (outline < 2) throw new Error(`the focus does not show on ${name}`);
    names.push(name);
  }
  return names;
}

/**
 * Checks on a phone and a desktop, in light and dark; `PAGE_PICTURES=<folder>` keeps a picture of each.
 *
 * @throws with each problem and its place.
 */
export async function lookAt(page: Page, name: string): Promise<void> {
  const folder = process.env['PAGE_PICTURES'];
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [320, 1280]) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 800 });
      const at = `${name}-${String(width)}-${colorScheme}`;
      if (folder) await page.screenshot({ path: `${folder}/${at}.png` });
      const problems = await accessibilityProblems(page);
      if (problems.length > 0) throw new Error([`${at}:`, ...problems].join('\n'));
    }
}
