import { expect, test, vi } from 'vitest';
import { Fixture } from '../fixture/fixture';
import { receipts } from './receipt';

test('before and after are the means of ten seconds each, and what was not recorded is not told', async () => {
  const machine = new Fixture('fine');
  const asked = 1000;
  const ended = 1004;
  const point = (ts: number, value: number): [number, number, number, number] => [ts, value, value, value];
  const history = vi.spyOn(machine, 'history').mockImplementation(async ({ metric, source }) => {
    const points = {
      // Of the time in between nothing counts, nor of any other.
      'gpu.utilization': [
        point(989, 5),
        point(990, 80),
        point(999, 100),
        point(1002, 50),
        point(1004, 50),
        point(1005, 2),
      ],
      'gpu.power': [point(995, 300), point(1014, 40), point(1015, 7)],
    }[metric];
    return {
      schema: 1,
      metric,
      unit: '%',
      series: points ? [{ source: source ?? '', label: '', step: 1, points }] : [],
    };
  });
  const [receipt] = await receipts(machine, ['gpu:1'], asked, ended);
  expect(history.mock.calls[0]?.[0]).toMatchObject({ source: 'gpu:1', since: 990, until: 1015, points: 25 });
  expect(receipt?.source).toBe('gpu:1');
  expect(receipt?.lines.map(({ metric, before, after }) => [metric, before, after])).toEqual([
    ['gpu.utilization', 90, 2],
    ['gpu.memory.used', null, null],
    ['gpu.power', 300, 40],
  ]);
});
