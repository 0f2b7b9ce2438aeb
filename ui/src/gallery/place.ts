/** Addresses of the gallery: `#/gallery`, `#/gallery/GROUP`, and `#/gallery/GROUP/EXHIBIT` for one of them alone. */

import type { Exhibit, Group } from './exhibit';
import { GROUPS } from './groups';
import { read, written, type Knobs } from './knobs';

export interface GalleryPlace {
  group: Group;
  /** The one that is shown alone. */
  exhibit: Exhibit | null;
  knobs: Knobs;
}

/** Where in the gallery an address leads; `null` where it leads elsewhere. A name that is none is the first group. */
export function placeOf(hash: string): GalleryPlace | null {
  const [path = '', query = ''] = hash.replace(/^#\//, '').split('?', 2);
  const [gallery, group, exhibit] = path.split('/');
  const [firstGroup] = GROUPS;
  if (gallery !== 'gallery' || !firstGroup) return null;
  const found = GROUPS.find((one) => one.id === group) ?? firstGroup;
  return {
    group: found,
    exhibit: found.exhibits.find((one) => one.id === exhibit) ?? null,
    knobs: read(new URLSearchParams(query)),
  };
}

export function addressOf(group: Group, exhibit: Exhibit | null, knobs: Knobs): string {
  return `#/gallery/${group.id}${exhibit === null ? '' : `/${exhibit.id}`}${written(knobs)}`;
}
