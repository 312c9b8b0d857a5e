import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it, jest } from '@jest/globals';
import { Public, Roles } from './decorators.js';
import { perRoute } from './per-route.js';
import { isPublic, requirementOf, ROLES } from './route-metadata.js';

class Notes {
  list(): void {}
}
@Public()
class OpenNotes extends Notes {}
@Roles('admin')
class AdminNotes extends Notes {}
@Roles('editor')
class EditorNotes extends Notes {}

const route = (routeClass: typeof Notes) =>
  ({
    getHandler: () => routeClass.prototype.list,
    getClass: () => routeClass,
  }) as unknown as ExecutionContext;

describe('what the decorators declare for a route', () => {
  it('depends on its class, too: a handler that several classes inherit is as open as each class', () => {
    const isOpen = perRoute(isPublic);
    const rolesOf = perRoute((context) => requirementOf(ROLES, context));
    for (let time = 0; time < 2; time += 1) {
      expect(
        [OpenNotes, AdminNotes, EditorNotes, Notes].map((each) => isOpen(route(each))),
      ).toEqual([true, false, false, false]);
      expect([OpenNotes, AdminNotes, EditorNotes].map((each) => rolesOf(route(each)))).toEqual([
        undefined,
        ['admin'],
        ['editor'],
      ]);
    }
  });

  it('is read once, also where nothing is declared', () => {
    const read = jest.fn(() => undefined);
    const facts = perRoute(read);
    for (let time = 0; time < 3; time += 1) expect(facts(route(Notes))).toBeUndefined();
    expect(read).toHaveBeenCalledTimes(1);
  });
});
