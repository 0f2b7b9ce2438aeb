/** Whether a page can be used: with Tab, and with a finger. */

import type { Page } from 'playwright-core';

/** What a person can act on. */
const DEEDS = 'a[href], button, input, select, textarea, summary, [tabindex="0"], [role="option"]';
/** More steps than this are no way round but a trap. */
const MOST_STEPS = 400;
/** CSS pixels of what a finger meets: so high, and so wide at least. */
const [HIGH, WIDE] = [44, 24];

/** What Tab finds, from the beginning of the page to its end. */
export interface FocusWays {
  /** Focused, and nobody sees it. */
  unseen: string[];
  /** Reached although it stands before what was reached before, in the document. */
  jumps: string[];
  /** Reached although it stands wholly above what was reached before, as it is seen. */
  rises: string[];
  /** Visible, usable, and never reached. */
  missed: string[];
}

export async function focusWays(page: Page): Promise<FocusWays> {
  await page.evaluate(prepare, DEEDS);
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => (window as unknown as Probe).probe.step())) break;
  }
  return page.evaluate(() => (window as unknown as Probe).probe.end());
}

interface Probe {
  probe: { step: () => boolean; end: () => FocusWays };
}

/** In the page: begins at its top, with what looks how while nothing has the focus. */
function prepare(deeds: string): void {
  // Values change meanwhile, and what they belong to is still the same.
  const name = (element: Element) => {
    const words = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40);
    return `${element.tagName} ${element.getAttribute('data-testid') ?? ''} ${words}`.replace(/\d[\d.,]*/g, '#');
  };
  const isSeen = (element: Element) => element.checkVisibility({ visibilityProperty: true });
  const outlined = (element: Element | null): boolean => {
    // A list that lies unseen over its words shows the focus around them.
    for (const at of [element, element?.parentElement]) {
      const style = at && getComputedStyle(at);
      if (style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) return true;
    }
    return false;
  };
  const reached: Element[] = [];
  /** What had the focus at all: of a row that ends, the page itself gives it to the next. */
  const met = new Set<EventTarget | null>();
  document.addEventListener('focusin', ({ target }) => met.add(target));
  const found: FocusWays = { unseen: [], jumps: [], rises: [], missed: [] };
  /** Where the last one ended, from the top of the page. */
  let last = { top: 0, left: 0, right: 0 };
  // Of radio buttons Tab reaches one, and of what is moved through by arrows too.
  const roams = (element: Element) =>
    element.matches('[role="option"], [tabindex="-1"], input[type="radio"]') || element.matches(':disabled');
  // Tab goes on from what had the focus last, also where that has it no more.
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute('tabindex');
  (window as unknown as Probe).probe = {
    step: () => {
      const at = document.activeElement;
      if (!at || at === document.body || at === document.documentElement || reached.includes(at)) return true;
      const before = reached.findLast((one) => one.isConnected);
      reached.push(at);
      const { width, height, bottom, right, top, left } = at.getBoundingClientRect();
      const inWindow = bottom > 0 && right > 0 && top < innerHeight && left < innerWidth;
      if (!isSeen(at) || width === 0 || height === 0 || !inWindow || !outlined(at)) found.unseen.push(name(at));
      if (before && !(before.compareDocumentPosition(at) & Node.DOCUMENT_POSITION_FOLLOWING))
        found.jumps.push(name(at));
      // A page that scrolls moves all of it. What stands beside the last one is a column of its own.
      const zero = document.querySelector('.window')?.firstElementChild?.getBoundingClientRect().top ?? 0;
      if (before && bottom - zero <= last.top && left < last.right && right > last.left) found.rises.push(name(at));
      last = { top: top - zero, left, right };
      return false;
    },
    end: () => {
      const names = new Set(reached.map(name));
      // What came or went meanwhile is known by its name.
      const left = [...document.querySelectorAll(deeds)].filter(
        (element) => isSeen(element) && !roams(element) && !met.has(element) && !names.has(name(element)),
      );
      found.missed = left.map(name);
      return found;
    },
  };
}

/**
 * Targets that a finger misses. A link in a sentence is as high as the sentence, and is let be; what is small and lies in
 * an area of its own that takes the finger, too, is as large as that.
 */
export function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(
    ({ deeds, high, wide }) =>
      [...document.querySelectorAll(deeds)].flatMap((element) => {
        if (!element.checkVisibility({ visibilityProperty: true })) return [];
        if (getComputedStyle(element).display === 'inline' || element.closest('.evidence')) return [];
        // The charts are one drawing, whose keys lie over it.
        if (element.matches('[role="slider"]')) return [];
        // What is unseen lies over something, or belongs to its label.
        const at = element.closest('label') ?? element;
        const { width, height } = at.getBoundingClientRect();
        if (height >= high - 0.5 && width >= wide - 0.5) return [];
        at.scrollIntoView({ block: 'center' });
        const box = at.getBoundingClientRect();
        const middle = [box.left + box.width / 2, box.top + box.height / 2] as const;
        const meets = (x: number, y: number) => at.contains(document.elementFromPoint(middle[0] + x, middle[1] + y));
        const half = high / 2 - 1;
        if (meets(0, -half) && meets(0, half) && meets(-wide / 2 + 1, 0) && meets(wide / 2 - 1, 0)) return [];
        const name = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40);
        return [`${element.tagName}.${element.className} ${width.toFixed(1)}×${height.toFixed(1)}: ${name}`];
      }),
    { deeds: DEEDS, high: HIGH, wide: WIDE },
  );
}
