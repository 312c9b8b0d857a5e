import { LiveConnections } from './live-connections.service.js';
import { LiveSockets } from './live-sockets.service.js';
import { LiveSubscriptions } from './live-subscriptions.service.js';

/** Needs nothing but the core: whatever opens the sockets is the host's. */
export const LIVE_PROVIDERS = [LiveConnections, LiveSockets, LiveSubscriptions];
