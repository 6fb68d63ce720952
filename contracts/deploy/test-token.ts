import { encodeDeployData, type Hex } from 'viem';
import type { Address } from '../../src/protocol/primitives.ts';
import { testGlmAbi, testGlmBytecode } from '../../src/wallet/artifacts/test-glm.ts';

/** The first account of anvil's public test mnemonic: worthless by construction, on local chains only. */
export const LOCAL_DEPLOYER_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
/** Its address. */
const LOCAL_DEPLOYER: Address = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266';
/** Ten million test GLM for the deployer; everybody else uses the faucet. */
const LOCAL_SUPPLY = 10_000_000n * 10n ** 18n;

/** What deploys test GLM on a chain that has none. */
export function testTokenInitCode(): Hex {
  return encodeDeployData({
    abi: testGlmAbi,
    bytecode: testGlmBytecode,
    args: [LOCAL_DEPLOYER, LOCAL_SUPPLY],
  });
}
