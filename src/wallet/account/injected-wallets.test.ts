import type { EIP6963ProviderDetail } from 'mipd';
import { describe, expect, it } from 'vitest';
import { MAX_INJECTED_WALLETS, MAX_WALLET_NAME_CHARS } from '../constants.ts';
import { listWallets } from './injected-wallets.ts';

const ICON = 'data:image/svg+xml;base64,AAAA';

function announced(info: Record<string, unknown>, provider: unknown = { request: async () => null }) {
  const whole = { uuid: crypto.randomUUID(), name: 'Wallet', rdns: 'org.example', icon: ICON, ...info };
  return { info: whole, provider } as unknown as EIP6963ProviderDetail;
}

describe('announcements of injected wallets', () => {
  it('become a list', () => {
    expect(listWallets([announced({})])).toMatchObject([{ id: 'org.example', name: 'Wallet', icon: ICON }]);
  });

  it('count once per id, the first one', () => {
    expect(listWallets([announced({ name: 'First' }), announced({ name: 'Second' })])).toMatchObject([
      { name: 'First' },
    ]);
  });

  it('cannot make the page load a picture from elsewhere', () => {
    for (const icon of ['https://tracker.example/x.png', 'javascript:alert(1)', 7]) {
      expect(listWallets([announced({ icon })])[0]!.icon).toBe('');
    }
  });

  it('are left out when malformed', () => {
    const bad = [
      announced({ rdns: 'no spaces allowed' }),
      announced({ name: 7 }),
      announced({}, {}),
      announced({}, null),
    ];
    expect(listWallets(bad)).toEqual([]);
  });

  it('are bounded in number and length', () => {
    const many = Array.from({ length: 200 }, (_, i) =>
      announced({ rdns: `org.w${i}`, name: 'x'.repeat(1_000) }),
    );
    const wallets = listWallets(many);
    expect(wallets).toHaveLength(MAX_INJECTED_WALLETS);
    expect(wallets[0]!.name).toHaveLength(MAX_WALLET_NAME_CHARS);
  });
});
