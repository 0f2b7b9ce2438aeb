/** What a file is called: what it holds, and of when. */

import { fieldOf } from '../past/stretch';
import type { Matter } from './matter';

/** The name of a file without its end: letters, digits, and hyphens only. */
export function fileName(matter: Matter): string {
  return ['hoofbeat', about(matter), ...times(matter).map(written)].join('-').replace(/[^a-z0-9-]+/gi, '-');
}

function about(matter: Matter): string {
  switch (matter.kind) {
    case 'chart':
      return matter.chart.metric;
    case 'strip':
      return matter.strip.metric;
    case 'ribbons':
      return 'gpu-users';
    case 'stack':
      return 'history';
    case 'users':
      return 'gpu-users-now';
    default:
      return matter.kind;
  }
}

function times(matter: Matter): number[] {
  if ('found' in matter) return [matter.found.stretch.from, matter.found.stretch.to];
  if ('chart' in matter) return [matter.board.now - matter.chart.span.seconds, matter.board.now];
  return [matter.now];
}

/** `20261122T0900`, in local time. */
function written(ts: number): string {
  return fieldOf(ts).replace(/[-:]/g, '');
}
