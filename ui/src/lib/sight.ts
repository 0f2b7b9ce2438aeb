/**
 * Whether anybody can see the page, in one place: what costs something while it is looked at, asks here.
 *
 * A page is hidden when its tab is behind another one, its window is minimised, or its phone is locked.
 */

/** Whether the page can be seen now. */
export function isSeen(): boolean {
  return document.visibilityState === 'visible';
}

/** Calls `begin` whenever the page comes into sight, now if it is, and what that answers when it goes. Answers what ends it. */
export function whileSeen(begin: () => () => void): () => void {
  let end: (() => void) | undefined;
  const turn = () => {
    if (isSeen() === (end !== undefined)) return;
    if (end === undefined) end = begin();
    else {
      end();
      end = undefined;
    }
  };
  document.addEventListener('visibilitychange', turn);
  turn();
  return () => {
    document.removeEventListener('visibilitychange', turn);
    end?.();
    end = undefined;
  };
}
