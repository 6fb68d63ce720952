/**
 * Mutation check: breaks VoucherPool.sol one way at a time, in a copy, and expects the contract tests to fail.
 *
 * `node contracts/mutate.ts` takes about 20 s per break. A break that no test notices is printed; the exit code is 1.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is broken, and how: the first text is replaced by the second, and must occur exactly once. */
const BREAKS: readonly (readonly [what: string, from: string, to: string])[] = [
  ['a voucher pays again', 'claimed[payer][signer][payee] = total;', ''],
  [
    'claimed jumps to the promise',
    'uint128 total = claimed[payer][signer][payee] + paid;',
    'uint128 total = claimed[payer][signer][payee] + paid + 1;',
  ],
  [
    'the cap is ignored',
    '_least(owed, _least(_redeemable(payer), headroom))',
    '_least(owed, _redeemable(payer))',
  ],
  ['spent is not counted', 'key.spent += paid;', ''],
  ['an expired key still pays', 'if (key.expiry < block.timestamp) return (0, SkipReason.KeyExpired);', ''],
  [
    'a key dies a second early',
    'if (key.expiry < block.timestamp) return (0, SkipReason.KeyExpired);',
    'if (key.expiry <= block.timestamp) return (0, SkipReason.KeyExpired);',
  ],
  [
    'revocation is at once',
    'uint40 end = uint40(block.timestamp) + THAW;',
    'uint40 end = uint40(block.timestamp);',
  ],
  ['revocation prolongs', 'if (end < expiry) key.expiry = expiry = end;', 'key.expiry = expiry = end;'],
  ['an expired key comes back', 'if (known < block.timestamp) revert SignerExpired(known);', ''],
  ['the cap may fall', 'if (cap < key.cap) revert CapFell(key.cap, cap);', ''],
  ['the expiry may fall', 'if (expiry < known) revert ExpiryFell(known, expiry);', ''],
  [
    'withdrawal needs no wait',
    'if (block.timestamp < account.thawEndsAt) revert StillThawing(account.thawEndsAt);',
    '',
  ],
  [
    'thawing more than there is',
    'if (thawing > account.balance) revert ThawExceedsBalance(thawing, account.balance);',
    '',
  ],
  [
    'thawing money stays after it was paid',
    'if (thawing > balance - paid) account.thawing = balance - paid;',
    '',
  ],
  ['thawing can be withdrawn twice', 'account.thawing = 0;', ''],
  [
    'a deposit credits what was asked',
    'uint256 received = token.balanceOf(address(this)) - before;',
    'uint256 received = amount; before;',
  ],
  [
    'no ceiling',
    'if (balance > DEPOSIT_CEILING) revert DepositCeilingReached(balance, DEPOSIT_CEILING);',
    '',
  ],
  ['issued is forgotten', 'if (voucher.issued > key.highestIssued) key.highestIssued = voucher.issued;', ''],
  [
    'issued is the newest, not the highest',
    'if (voucher.issued > key.highestIssued) key.highestIssued = voucher.issued;',
    'key.highestIssued = voucher.issued;',
  ],
  ['equivocation is not marked', 'key.isEquivocated = true;', ''],
  [
    'the pool may pay itself',
    'if (payee == address(0) || payee == address(this))',
    'if (payee == address(0))',
  ],
  [
    'a refused transfer counts as paid',
    'if (!_pay(payer, signer, payee, paid)) return (0, SkipReason.TransferFailed);',
    '_pay(payer, signer, payee, paid);',
  ],
  ['a refused transfer is not undone', 'key.spent -= paid;', ''],
  [
    'redeem can be re-entered',
    'external nonReentrant returns (RowResult[] memory results)',
    'external returns (RowResult[] memory results)',
  ],
  [
    'withdraw can be re-entered',
    'function withdraw(address to) external nonReentrant',
    'function withdraw(address to) external',
  ],
  [
    'deposit can be re-entered',
    'function deposit(address payer, uint128 amount) external nonReentrant',
    'function deposit(address payer, uint128 amount) external',
  ],
];

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const only = process.argv[2];

const copy = await mkdtemp(join(tmpdir(), 'kiln-mutate-'));
try {
  await cp(here, join(copy, 'contracts'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  const path = join(copy, 'contracts', 'src', 'VoucherPool.sol');
  const source = await readFile(path, 'utf8');
  let unnoticed = 0;
  for (const [what, from, to] of BREAKS) {
    if (only !== undefined && !what.includes(only)) continue;
    if (source.split(from).length !== 2)
      throw new Error(`"${what}": the text to break occurs not exactly once.`);
    await writeFile(path, source.replace(from, to));
    const run = spawnSync(process.execPath, [join(copy, 'contracts', 'forge.ts'), 'test'], {
      encoding: 'utf8',
    });
    const failed = /^\[FAIL.*\] \w+/m.exec(run.stdout)?.[0];
    if (failed === undefined) unnoticed++;
    const outcome =
      failed ?? (run.status === 0 ? 'NOT NOTICED' : `NOT TESTED: ${(run.stderr || run.stdout).slice(-400)}`);
    console.log(`${what}: ${outcome}`);
  }
  console.log(unnoticed === 0 ? 'Every break was noticed.' : `${unnoticed} breaks were not noticed.`);
  process.exitCode = unnoticed === 0 ? 0 : 1;
} finally {
  await rm(copy, { recursive: true, force: true });
}
