import { describe, expect, it } from '@jest/globals';
import { addDependencies, addLines, importModule, prepareMain, prepareTest } from './edits.js';

const same = (code: string): string => code;

describe('the edits of nest add', () => {
  it.each([
    ['@Module({\n  imports: [],\n})', '@Module({\n  imports: [authModule],\n})'],
    ['@Module({ imports: [A, B] })', '@Module({ imports: [authModule, A, B] })'],
    [
      '@Module({\n  controllers: [],\n})',
      '@Module({\n  imports: [authModule],\n  controllers: [],\n})',
    ],
  ])('imports the module once: %j', (decorator, changed) => {
    const code = `import { Module } from '@nestjs/common';\n\n${decorator}\nexport class AppModule {}\n`;
    const once = importModule(code, same) ?? '';
    expect(once).toContain(changed);
    expect(once).toContain("common';\nimport { authModule } from './auth/auth.setup.js';\n");
    expect(importModule(once, same)).toBe(once);
  });

  it('prepares the database before the application is made, once', () => {
    const code =
      "import { X } from 'y';\nasync function bootstrap() {\n  const app = await NestFactory.create(AppModule);\n}\n";
    const once = prepareMain(code, same) ?? '';
    expect(once).toContain('{\n  await prepareDatabase();\n  const app');
    expect(prepareMain(once, same)).toBe(once);
  });

  // T-x99p
  it("gives the scaffold's test options that need no database, once", () => {
    const code =
      "import { X } from 'y';\n    const m = await Test.createTestingModule({\n      imports: [AppModule],\n    }).compile();\n";
    const once = prepareTest(code) ?? '';
    expect(once).toContain('    })\n      .overrideProvider(authOptionsToken())\n');
    expect(once).toContain("import { memoryAuthOptions } from '@tokenward/nestjs/testing';\n");
    expect(prepareTest(once)).toBe(once);
  });

  it('leaves files alone that it does not understand', () => {
    expect(importModule('export const app = 1;', same)).toBeUndefined();
    expect(prepareMain('export const app = 1;', same)).toBeUndefined();
    expect(prepareTest('export const app = 1;')).toBeUndefined();
  });

  it('adds the lines that are missing, with their comments, and keeps what is set', () => {
    const wanted = '# first\nA=1\n# second\nB=2\n';
    expect(addLines('', wanted, /^(\w+)=/)).toBe(wanted);
    expect(addLines('B=mine', wanted, /^(\w+)=/)).toBe('B=mine\n# first\nA=1\n');
    expect(addLines('A=\nB=', wanted, /^(\w+)=/)).toBe('A=\nB=');
  });

  it('adds the @nestjs/jwt of the installed Nest, and keeps versions that are already set', () => {
    const text = JSON.stringify({ dependencies: { '@nestjs/common': '^11.1.0', pg: '8.0.0' } });
    const once = addDependencies(text);
    expect(JSON.parse(once)).toMatchObject({
      dependencies: { '@nestjs/jwt': '^11.0.0', pg: '8.0.0' },
    });
    expect(addDependencies(once)).toBe(once);
  });
});
