import 'reflect-metadata';

/** The part of JSON Schema that the descriptions use. */
export interface JsonSchema {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  readonly format?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly nullable?: boolean;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean;
  readonly items?: JsonSchema;
}

export interface AnswerDescription {
  readonly description: string;
  readonly schema?: JsonSchema;
}

export interface RouteDescription {
  readonly summary?: string;
  readonly description?: string;
  readonly tag?: string;
  /** The name of the path's parameter. */
  readonly parameter?: string;
  /** Request headers that the route reads. */
  readonly headers?: Readonly<Record<string, JsonSchema>>;
  readonly body?: { readonly required: 'required' | 'optional'; readonly schema: JsonSchema };
  readonly answers?: Readonly<Record<number, AnswerDescription>>;
  /**
   * `token`: the access cookie or the bearer header; `optional`: either, or nothing; `none`: nothing, even if the
   * document has a global requirement.
   */
  readonly security?: 'token' | 'optional' | 'none';
}

/** Names of the security schemes; `addBearerAuth()` and `addCookieAuth()` use them by default. */
const BEARER_SCHEME = 'bearer';
const COOKIE_SCHEME = 'cookie';

/**
 * Describes a handler or a controller to @nestjs/swagger by the metadata that it reads. The package itself is not
 * loaded, because it is an optional peer, ESM only and slow to start, and a decorator cannot await it.
 */
export function Describe(route: RouteDescription): MethodDecorator & ClassDecorator {
  return (target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) => {
    const subject = (descriptor?.value ?? target) as object;
    const place = descriptor ? 'handler' : 'class';
    if (place === 'handler') describeOperation(subject, route);
    for (const [status, answer] of Object.entries(route.answers ?? {}))
      merge(subject, 'swagger/apiResponse', { [status]: answerMetadata(answer) });
    if (route.tag) append(subject, 'swagger/apiUseTags', [route.tag]);
    if (isAsked(route.security) && !Reflect.getMetadata('swagger/apiSecurity', subject))
      append(subject, 'swagger/apiSecurity', [
        { [BEARER_SCHEME]: [] },
        { [COOKIE_SCHEME]: [] },
        ...(route.security === 'optional' ? [{}] : []),
      ]);
  };
}

function isAsked(security: RouteDescription['security']): boolean {
  return security === 'token' || security === 'optional';
}

function describeOperation(
  handler: object,
  { summary, description, security, parameter, body, headers = {} }: RouteDescription,
): void {
  const operation = {
    ...(summary && { summary }),
    ...(description && { description }),
    ...(security === 'none' && { security: [] }),
  };
  if (Object.keys(operation).length > 0) merge(handler, 'swagger/apiOperation', operation);
  if (parameter)
    append(handler, 'swagger/apiParameters', [
      { in: 'path', name: parameter, required: true, type: String },
    ]);
  for (const [name, schema] of Object.entries(headers))
    append(handler, 'swagger/apiParameters', [{ in: 'header', name, required: false, schema }]);
  if (body) {
    const { required, schema } = body;
    append(handler, 'swagger/apiParameters', [
      { in: 'body', type: String, required: required === 'required', schema },
    ]);
  }
}

function answerMetadata({ description, schema }: AnswerDescription): object {
  return schema ? { description, schema } : { description };
}

function merge(subject: object, key: string, addition: object): void {
  Reflect.defineMetadata(
    key,
    { ...(Reflect.getMetadata(key, subject) as object | undefined), ...addition },
    subject,
  );
}

function append(subject: object, key: string, additions: readonly unknown[]): void {
  const earlier = (Reflect.getMetadata(key, subject) as readonly unknown[] | undefined) ?? [];
  Reflect.defineMetadata(key, [...earlier, ...additions], subject);
}
