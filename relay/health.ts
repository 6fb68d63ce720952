import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RELAY_V2_HOP_CODEC } from '@libp2p/circuit-relay-v2';
import { KilnError } from '../src/base/errors.ts';
import type { Board } from './board.ts';
import type { RelayNode } from './relay.ts';

/** What a relay that redeems shows beside the rest. */
export interface RedeemHealth {
  /** Prometheus text. */
  metrics(): string;
  summary(): object;
}

/**
 * Serves `GET /healthz`: uptime, peers, reservations, board sizes and memory as JSON; and, where the relay redeems,
 * `GET /metrics` for Prometheus.
 */
export async function startHealth(
  host: string,
  port: number,
  node: RelayNode,
  board: Board,
  redeeming?: RedeemHealth,
): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const startedAtMs = Date.now();
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/metrics' && redeeming !== undefined) {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' });
      response.end(redeeming.metrics());
      return;
    }
    const isKnown = request.method === 'GET' && request.url === '/healthz';
    response.writeHead(isKnown ? 200 : 404, {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    });
    response.end(
      JSON.stringify(
        isKnown ? health(startedAtMs, node, board, redeeming) : { error: 'Only GET /healthz is here.' },
      ),
    );
  });
  server.requestTimeout = 5_000;
  server.maxConnections = 100;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(portTaken(host, port, cause)));
    server.listen(port, host, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/healthz`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function health(startedAtMs: number, node: RelayNode, board: Board, redeeming?: RedeemHealth): object {
  return {
    status: 'ok',
    peer: node.peerId.toString(),
    uptimeSeconds: Math.floor((Date.now() - startedAtMs) / 1000),
    peers: node.getPeers().length,
    connections: node.getConnections().length,
    reservations: node.services.circuit.reservations.size,
    circuits: openCircuits(node),
    board: board.sizes,
    memoryBytes: process.memoryUsage().rss,
    ...(redeeming === undefined ? {} : { redeeming: redeeming.summary() }),
  };
}

function openCircuits(node: RelayNode): number {
  return node.getConnections().reduce((sum, { streams }) => sum + streams.filter(isCircuit).length, 0);
}

function isCircuit(stream: { protocol: string; status: string }): boolean {
  return stream.protocol === RELAY_V2_HOP_CODEC && stream.status === 'open';
}

function portTaken(host: string, port: number, cause: Error): KilnError {
  return new KilnError('relay/port-taken', `The health port cannot be opened: ${cause.message}`, {
    data: { host, port },
    hint: 'Choose another one with --health-port, or 0 for a free one.',
    cause,
  });
}
