/**
 * For transports without headers (TCP, Redis): the payload with the access token beside it, where `JwtAuthGuard` of the called service
 * looks. Over the network of others, and into logs of payloads, it goes as it is: use TLS, and a transport with headers where there is one.
 */
export function withAuthorization<Payload extends object>(
  payload: Payload,
  accessToken: string,
): Payload & { readonly authorization: string } {
  return { ...payload, authorization: `Bearer ${accessToken}` };
}
