export { closeSocketIo, closeWebSocket, ENDED_EVENT } from './close-socket.js';
export { allowRequest, verifyClient } from './handshakes.js';
