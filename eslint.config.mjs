import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', '.data/', 'coverage/', '**/*.cjs'] },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': [
        'error',
        { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
      ],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      'no-console': 'error',
    },
  },
  {
    rules: {
      // lines are the formatter's; members written into a spread only to share one hide what belongs together
      'no-restricted-syntax': [
        'error',
        ...['ObjectExpression', 'ArrayExpression'].map((literal) => ({
          selector: `SpreadElement > ${literal}.argument`,
          message: 'Write the members where they are, without a spread.',
        })),
      ],
    },
  },
  ...[
    { files: ['libs/*/src/**/*.ts', 'apps/**/*.{ts,tsx}'], max: 70 },
    // closures, which weigh less than classes and hide tokens
    { files: ['libs/client/src/**/*.ts'], max: 95 },
    // a class within a function, because its routes depend on the options
    { files: ['libs/auth/src/issue/routes/*.controller.ts'], max: 120 },
  ].map(({ files, max }) => ({
    files,
    ignores: ['**/*.spec.ts', '**/*.fixture.ts', 'libs/auth/src/testing/conformance/**'],
    rules: {
      'max-lines-per-function': ['error', { max, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 8],
    },
  })),
  {
    files: ['**/*.spec.ts', 'test/**', 'bench/**', 'tools/**'],
    rules: {
      'no-console': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },
);
