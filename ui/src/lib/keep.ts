/** What a person chose, kept where the pages are shown, and nowhere else. */

/** What was kept; `null` where nothing was, or storage is refused. */
export function kept(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(`hoofbeat.${name}`) ?? 'null');
  } catch {
    return null;
  }
}

/** Keeps it. Where the browser keeps nothing, it holds until the window is closed. */
export function keep(name: string, value: unknown): void {
  try {
    localStorage.setItem(`hoofbeat.${name}`, JSON.stringify(value));
  } catch {
    // The page then forgets, and works.
  }
}
