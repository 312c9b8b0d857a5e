import { useEffect, useSyncExternalStore } from 'react';
import { Feed, type FeedState } from './feed.js';

const feed = new Feed();

export function useFeed(): FeedState {
  return useSyncExternalStore(feed.subscribe, feed.get);
}

/** Connected while `userId` is somebody. */
export function useFeedConnection(userId: string): void {
  useEffect(() => feed.follow(), [userId]);
}
