import js from '@eslint/js'
import jest from 'eslint-plugin-jest'
import tseslint from 'typescript-eslint'

/** Each package with side effects is imported only where it belongs; the rules keep it so. */
const rooms = {
  '@actions/core': 'src/action/',
  pg: 'src/server/',
  'pg-cursor': 'src/server/',
  '@actions/cache': 'src/client/ and src/report/history/',
  'node:child_process': 'src/client/',
}

/** The first rule does not see `import()`. */
const restricted = (allowed) => {
  const paths = Object.entries(rooms)
    .filter(([name]) => !allowed.includes(name))
    .map(([name, room]) => ({ name, message: `Only ${room} imports ${name}.` }))
  return {
    'no-restricted-imports': ['error', { paths }],
    'no-restricted-syntax': [
      'error',
      {
        selector: 'CallExpression[callee.name=/^mkdir(Sync)?$/] Property[key.name="recursive"]',
        message: 'It may try for ever: makeFolder of src/folders.ts does not.',
      },
      ...paths.map(({ name, message }) => ({
        selector: `ImportExpression[source.value="${name}"]`,
        message,
      })),
    ],
  }
}

export default tseslint.config(
  { ignores: ['dist/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  { files: ['src/**/*.ts'], rules: restricted([]) },
  { files: ['src/action/**/*.ts'], rules: restricted(['@actions/core']) },
  {
    files: ['src/server/**/*.ts'],
    rules: restricted(['pg', 'pg-cursor']),
  },
  {
    files: ['src/client/**/*.ts'],
    rules: restricted(['@actions/cache', 'node:child_process']),
  },
  { files: ['src/report/history/**/*.ts'], rules: restricted(['@actions/cache']) },
  {
    files: ['__tests__/**/*.test.ts'],
    ...jest.configs['flat/recommended'],
  },
  {
    files: ['__tests__/**/*.ts'],
    rules: {
      'jest/expect-expect': ['error', { assertFunctionNames: ['expect', 'expect*', 'fc.assert'] }],
    },
    plugins: jest.configs['flat/recommended'].plugins,
  },
  {
    files: ['src/report/page/client/*.js'],
    languageOptions: {
      sourceType: 'script',
      globals: Object.fromEntries(
        [
          'document',
          'getComputedStyle',
          'innerHeight',
          'innerWidth',
          'matchMedia',
          'navigator',
          'ResizeObserver',
          'Tabulator',
          'uPlot',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['*.js', 'bin/*.js', 'script/*.mjs'],
    languageOptions: { globals: { process: 'readonly' } },
  },
)
