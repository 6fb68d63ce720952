import { domainSeparator, type Hex, toFunctionSelector } from 'viem';
import { describe, expect, it } from 'vitest';
import { startTokenChain, type TokenDouble } from '../../../contracts/token-chain.ts';
import { hasCode } from '../../base/errors.ts';
import { systemClock } from '../../base/time.ts';
import { PoolReader } from '../pool/pool-reader.ts';
import { DAI_PERMIT_ABI } from './token-abi.ts';
import { tokenAbilities } from './token-abilities.ts';

/** GLM on Polygon, and what it answers to `getDomainSeperator()` (design: payments). */
const POLYGON_GLM = '0x0B220b82F3eA3B7F6d9A1D8ab58930C064A2b5Bf';
const POLYGON_SEPARATOR = '0x804e8c6f5926bd56018ff8fa95b472e09d8b3612bf1b892f2d5e5f4365a5e95e';

/** Raw code of contracts that are no tokens. */
const LIARS: readonly (readonly [what: string, code: Hex])[] = [
  ['takes every call and says nothing', '0x00'],
  ['refuses every call', '0x5f5ffd'],
  ['answers 1 to everything', '0x60015f5260205ff3'],
  ['answers 0 to everything', '0x5f5f5260205ff3'],
  ['answers with a megabyte of zeros', '0x621000005ff3'],
  ['claims that its name is 2^256 letters long', '0x60205f525f1960205260405ff3'],
  ['breaks', '0xfe'],
];

const ELSEWHERE = `0x${'e1'.repeat(20)}` as const;

/** Raw code that does nothing when a function of that selector is called, and all else as the code elsewhere does. */
function swallowing(selector: Hex): Hex {
  const onMatch = `5f3560e01c63${selector.slice(2)}14603b57`;
  const delegate = `365f5f375f5f365f73${ELSEWHERE.slice(2)}5af43d5f5f3e6037573d5ffd5b3d5ff3`;
  return `0x${onMatch}${delegate}5b00`;
}

describe('abilities of a token', () => {
  it.each<[TokenDouble, string, number]>([
    ['ethereum', 'dai-permit', 1],
    ['ethereum', 'dai-permit', 31_337],
    ['polygon', 'meta-transaction', 137],
    ['polygon', 'meta-transaction', 1],
    ['permit', 'permit', 137],
  ])('are found by asking: %s can %s, on chain %i too', async (double, ability, chainId) => {
    await using chain = await startTokenChain(double, chainId);
    const abilities = await tokenAbilities(chain.reader);
    expect(Object.keys(abilities)).toEqual([ability]);
    expect(Object.values(abilities)[0]!.verifyingContract).toBe(chain.config.token);
    // The second time from memory: the chain is gone by then.
    await chain[Symbol.asyncDispose]();
    expect(await tokenAbilities(chain.reader)).toEqual(abilities);
  });

  it('hold for the real GLM of Polygon: its domain is the one that its double has at its address', async () => {
    await using chain = await startTokenChain('polygon', 137);
    const domain = (await tokenAbilities(chain.reader))['meta-transaction']!;
    expect(Object.keys(domain).sort()).toEqual(['name', 'salt', 'verifyingContract', 'version']);
    expect(domainSeparator({ domain: { ...domain, verifyingContract: POLYGON_GLM } })).toBe(
      POLYGON_SEPARATOR,
    );
  });

  it.each(LIARS)('are none where the contract %s', async (_what, code) => {
    await using chain = await startTokenChain('ethereum');
    await chain.setCode(code);
    expect(await tokenAbilities(chain.reader)).toEqual({});
  });

  it('are not believed by what it says: a token that swallows permits has none', async () => {
    await using chain = await startTokenChain('ethereum');
    const code = (await chain.reader.client.getCode({ address: chain.config.token }))!;
    await chain.setCode(code, ELSEWHERE);
    const permit = toFunctionSelector(DAI_PERMIT_ABI[0]);
    await chain.setCode(swallowing(permit));
    expect(await tokenAbilities(chain.reader)).toEqual({});
    // The same detour around another function changes nothing.
    await chain.setCode(swallowing('0x12345678'));
    const again = new PoolReader(chain.config, systemClock);
    expect(Object.keys(await tokenAbilities(again))).toEqual(['dai-permit']);
  });

  it('are an error where there is no token or no answer, and are asked again', async () => {
    await using chain = await startTokenChain('ethereum');
    const code = (await chain.reader.client.getCode({ address: chain.config.token }))!;
    await chain.setCode('0x');
    await expect(tokenAbilities(chain.reader)).rejects.toSatisfy((e) => hasCode(e, 'wallet/no-token'));
    await chain.setCode(code);
    expect(Object.keys(await tokenAbilities(chain.reader))).toEqual(['dai-permit']);
    const gone = new PoolReader({ ...chain.config, rpcUrl: 'http://127.0.0.1:1' }, systemClock);
    await expect(tokenAbilities(gone)).rejects.toSatisfy((e) => hasCode(e, 'wallet/chain-unreachable'));
  });
});
