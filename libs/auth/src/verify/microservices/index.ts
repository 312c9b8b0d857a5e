export { rpcAuthorization, withAuthorization } from '../guards/rpc-token.js';
