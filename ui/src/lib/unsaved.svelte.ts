/** What would be lost with the page as it is: what is typed and not saved, and what a person is being asked. */

import { untrack } from 'svelte';

let kept = $state(0);

/** For a component: while this holds of it, the page stays. */
export function keepsPage(isSo: () => boolean): void {
  let holds = $derived(isSo());
  $effect(() => {
    if (!holds) return;
    untrack(() => (kept += 1));
    return () => (kept -= 1);
  });
}

/** Whether something would be lost now. */
export function isPageKept(): boolean {
  return kept > 0;
}
