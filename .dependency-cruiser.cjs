/** Lines of src/, lowest first: a folder imports lower lines only; folders on one line do not know each other. */
const LINES = [
  ['base'],
  ['protocol'],
  ['job', 'market', 'verification', 'reputation', 'payment'],
  ['network', 'storage', 'sandbox', 'wallet', 'media'],
  ['provider', 'requestor'],
  ['kiln'],
  ['app', 'widget', 'sdk'],
];

const layerRules = LINES.flatMap((line, index) =>
  line.map((folder) => ({
    name: `layer-${folder}`,
    severity: 'error',
    comment: `src/${folder}/ imports lower lines only (ARCHITECTURE.md, layers).`,
    from: { path: `^src/${folder}/`, pathNot: '\\.(browser\\.|node\\.)?test\\.ts$' },
    to: {
      path: '^src/',
      pathNot: [...LINES.slice(0, index).flat(), folder].map((allowed) => `^src/${allowed}/`),
    },
  })),
);

/** Only these folders may load a package whose name matches. */
function onlyIn(name, packages, folders) {
  return {
    name,
    severity: 'error',
    comment: `Only ${folders.join(', ')} may know ${name}.`,
    from: { path: '^(src|relay)/', pathNot: folders.map((folder) => `^${folder}/`) },
    to: { path: packages.map((one) => `node_modules/${one}`) },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    onlyIn(
      'libp2p',
      ['libp2p/', '@libp2p/', '@chainsafe/libp2p', '@multiformats/multiaddr'],
      ['src/network', 'relay'],
    ),
    onlyIn('svelte', ['svelte/', '@sveltejs/'], ['src/app', 'src/widget']),
    onlyIn('viem', ['viem/', 'mipd/'], ['src/payment', 'src/wallet', 'relay/redeem']),
    {
      name: 'pure-core',
      severity: 'error',
      comment: 'Lines 1 to 3 decide and do no I/O: no Node modules, no browser wrappers.',
      from: {
        path: '^src/(base|protocol|job|market|verification|reputation|payment)/',
        pathNot: '\\.test\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'worker-sees-little',
      severity: 'error',
      comment:
        '*.worker.ts files see only base, protocol, payment, sandbox, and what of wallet serves vouchers.',
      from: { path: '\\.worker\\.ts$' },
      to: {
        path: '^(src|relay|contracts|scripts)/',
        pathNot: [
          '^src/base/',
          '^src/protocol/',
          '^src/payment/',
          '^src/sandbox/',
          '^src/wallet/voucher/voucher-answers\\.ts$',
        ],
      },
    },
    {
      name: 'relay-sees-little',
      severity: 'error',
      comment: 'relay/ sees only base, protocol and what it needs of network/.',
      from: { path: '^relay/', pathNot: ['\\.test\\.ts$', '^relay/redeem/'] },
      to: { path: '^(src|contracts|scripts)/', pathNot: ['^src/base/', '^src/protocol/', '^src/network/'] },
    },
    {
      name: 'redeeming-relay-sees-money',
      severity: 'error',
      comment: 'relay/redeem/ sees payment and wallet too.',
      from: { path: '^relay/redeem/', pathNot: '\\.(node|test)\\.ts$' },
      to: {
        path: '^(src|contracts|scripts)/',
        pathNot: ['^src/base/', '^src/protocol/', '^src/network/', '^src/payment/', '^src/wallet/'],
      },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      comment: 'The library does not import the tools around it; tests and their fixtures may.',
      from: { path: '^src/', pathNot: '(\\.(test|fixture|fixture\\.node)\\.ts$|/fixtures/)' },
      to: { path: '^(relay|scripts|contracts|bench|tests)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['^virtual:', '\\?'] },
    },
    {
      name: 'no-test-imports',
      severity: 'error',
      comment: 'Code does not import tests.',
      from: { pathNot: ['\\.test\\.ts$', '^tests/'] },
      to: { path: '\\.test\\.ts$' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(contracts/(out|cache)|dist)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'browser', 'svelte', 'default', 'types'],
      extensions: ['.ts', '.svelte', '.js', '.mjs', '.json', '.d.ts'],
    },
  },
};
