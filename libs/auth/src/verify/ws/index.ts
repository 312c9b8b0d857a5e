/** `@tokenward/nestjs/ws`: sockets and other long-lived connections, which end when their session does. */
export { LiveConnections } from './live-connections.service.js';
export type { LiveConnection } from './live-connections.service.js';
export { LiveSockets } from './live-sockets.service.js';
export type { Handshake, SocketStanding } from './live-sockets.service.js';
export { TOKEN_REFUSED, VIEW_UNPROVEN } from './close-socket.js';
export type { CloseSocket, Ending } from './close-socket.js';

// for socket adapters
export { closeSocketIo, closeWebSocket, ENDED_EVENT } from './close-socket.js';
export { allowRequest, verifyClient } from './handshakes.js';
