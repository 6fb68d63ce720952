import type { TabNode } from '../libp2p-node.ts';

/**
 * Says good-bye when the page is left: without it the peers' WebRTC connections notice after some 15 seconds. A page
 * that comes back from the browser's cache finds its relays by itself. The result stops it.
 */
export function hangUpOnLeaving(node: TabNode): () => void {
  if (typeof window === 'undefined') return () => {};
  const onHide = () => {
    for (const connection of node.getConnections()) connection.abort(new Error('The page was left.'));
  };
  window.addEventListener('pagehide', onHide);
  return () => window.removeEventListener('pagehide', onHide);
}
