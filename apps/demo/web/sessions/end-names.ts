import type { SessionBody } from '@tokenward/client/account';
import { describeDevice } from '../format/device.js';
import { exactTime } from '../format/time.js';

/** A unique accessible name for each "End" button, by session id, so that screen readers can distinguish them. */
export function endNames(sessions: readonly SessionBody[]): ReadonlyMap<string, string> {
  const times = new Map<string, number>();
  return new Map(
    sessions.map(({ id, userAgent, ip, createdAt }) => {
      const { name } = describeDevice(userAgent);
      const words = `End the session of ${name} at ${ip ?? 'an unknown address'}, signed in ${exactTime(createdAt)}`;
      const count = (times.get(words) ?? 0) + 1;
      times.set(words, count);
      return [id, count === 1 ? words : `${words}, number ${String(count)}`];
    }),
  );
}
