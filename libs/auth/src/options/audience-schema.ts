import { z } from 'zod';
import { exactText, list } from '../common/option-schema.js';

const AUDIENCE = 'what the tokens are for: a text that is not empty, or several';

export const audienceSchema = z.union(
  [
    exactText(AUDIENCE),
    list(exactText(AUDIENCE)).refine(({ length }) => length > 0, `must be ${AUDIENCE}`),
  ],
  { error: ({ input }) => `${input === undefined ? 'is missing:' : 'must be'} ${AUDIENCE}` },
);
