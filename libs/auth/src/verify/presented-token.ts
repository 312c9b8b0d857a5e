import type { HttpRequest } from './http/adapter.js';

/** What an extractor found where an access token may travel. */
export type PresentedToken =
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly detail: string }
  | {
      readonly kind: 'token';
      readonly value: string;
      readonly source: 'cookie' | 'bearer';
      /** Of an API key: the address that brought it. */
      readonly ip?: string;
    }
  | {
      readonly kind: 'token';
      readonly value: string;
      /** With a proof of the client's key (RFC 9449), which is in a header of the request. */
      readonly source: 'dpop';
      readonly request: HttpRequest;
    };

export interface PresentedRefresh {
  readonly value: string;
  readonly source: 'cookie' | 'body';
  /** The access cookies beside a refresh cookie: a sibling subdomain may have planted the one, hardly both. */
  readonly accessCookies?: readonly string[];
}
