import type { AuthClient } from '@tokenward/client';
import { reconnectWait } from './reconnect-wait.js';
import { report } from './report.js';
import { discard } from './requests.js';

export interface ServerEvent {
  /** Default `message`. */
  readonly type: string;
  readonly data: string;
  /** The id of this event or of an earlier one. It is sent as `Last-Event-ID` when the stream is opened again. */
  readonly id: string;
}

export interface EventsOptions {
  onEvent(event: ServerEvent): void;
  onOpen?(): void;
  /**
   * Called when the stream ended, or was refused with this status. It is opened again, unless the person was signed
   * out or the server answered 204.
   */
  onClose?(status: number | undefined): void;
}

/**
 * `EventSource` (HTML, section 9.2) over `client.fetch`: it can send an access token, refreshes after a 401 and
 * reconnects after every end except a sign-out and 204, while the browser's own gives up at the first 401. Returns a
 * function that ends it.
 */
export function authEvents(
  client: AuthClient,
  url: string | URL,
  options: EventsOptions,
): () => void {
  const wait = reconnectWait();
  let controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let id = '';

  async function open({ signal }: AbortController): Promise<void> {
    const status = await readToEnd(signal);
    if (signal.aborted) return;
    tell(() => options.onClose?.(status));
    if (signal.aborted) return;
    // refused for good, or over (HTML, section 9.2.3); a sign-in opens it again
    if (status === 401 || status === 204) return;
    timer = setTimeout(() => void open(controller), wait.next());
  }

  /** Returns the status of the answer, or undefined if there was none. */
  async function readToEnd(signal: AbortSignal): Promise<number | undefined> {
    let status: number | undefined;
    try {
      const headers = { accept: 'text/event-stream', ...(id && { 'last-event-id': id }) };
      const response = await client.fetch(url, { headers, signal, cache: 'no-store' });
      status = response.status;
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
      if (response.ok && isStream && response.body) {
        wait.opened();
        tell(() => options.onOpen?.());
        for await (const event of eventsOf(response.body, wait.reset, id)) {
          wait.reset();
          id = event.id;
          tell(() => options.onEvent(event));
          if (signal.aborted) break;
        }
      } else discard(response);
    } catch {
      // the network failed, or the stream was ended
    }
    return status;
  }

  function end(): void {
    clearTimeout(timer);
    controller.abort();
  }
  function begin(): void {
    end();
    id = '';
    controller = new AbortController();
    void open(controller);
  }

  const stops = [client.on('signedIn', begin), client.on('signedOut', end)];
  void open(controller);
  return () => {
    for (const stop of stops) stop();
    end();
  };
}

/** What a listener throws is reported like that of an `EventSource`, and ends nothing. */
function tell(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    report(error);
  }
}

async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  setRetry: (ms: number) => void,
  lastId: string,
): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let event = { type: 'message', data: [] as string[], id: lastId };
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      // a CR at the very end may be the first half of CRLF
      const lines = text.split(/\r\n|\n|\r(?!$)/);
      text = lines.pop() ?? '';
      for (const line of lines) {
        if (line === '') {
          if (event.data.length > 0) yield { ...event, data: event.data.join('\n') };
          event = { type: 'message', data: [], id: event.id };
          continue;
        }
        const [, name, content = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (name === 'data') event.data.push(content);
        if (name === 'event') event.type = content || 'message';
        if (name === 'id' && !content.includes('\0')) event.id = content;
        if (name === 'retry' && /^\d+$/.test(content)) setRetry(Number(content));
      }
    }
  } finally {
    // not awaited, as in `discard`
    reader.cancel().catch(() => undefined);
  }
}
