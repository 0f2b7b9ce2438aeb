/** The first thing that runs on a made-up machine: the window, the gallery of its states, or one of them alone. */

import { mount, unmount } from 'svelte';
import App from '../App.svelte';
import { fixture } from '../fixture/fixture';
import Gallery from './Gallery.svelte';
import { apply } from './knobs';
import { placeOf } from './place';
import Show from './Show.svelte';

/** Shows what the address names, and follows it. Answers what ends that. */
export function enter(target: HTMLElement): () => void {
  let shown: Record<string, unknown> | null = null;
  let what = '';

  function turn(): void {
    const place = placeOf(location.hash);
    const now = place === null ? 'window' : place.exhibit === null ? 'gallery' : 'exhibit';
    // The window and the gallery follow the address themselves, and so does a window that is an exhibit.
    if (now !== 'exhibit' && now === what) return;
    if (now === 'window' && what === 'exhibit') return;
    leave();
    what = now;
    if (place?.exhibit) {
      apply(place.knobs);
      shown = mount(Show, { target, props: { exhibit: place.exhibit } });
    } else if (place) shown = mount(Gallery, { target });
    else shown = mount(App, { target, props: { backend: fixture() } });
  }

  function leave(): void {
    if (shown) void unmount(shown);
    shown = null;
  }

  addEventListener('hashchange', turn);
  turn();
  return () => {
    removeEventListener('hashchange', turn);
    leave();
  };
}
