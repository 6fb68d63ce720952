import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const MAGIC_COOKIE = 0x2112a442;

/** A router that keeps its ports, and the STUN server behind it. */
export interface ConeRouter {
  readonly stunUrl: string;
  stop(): void;
}

/**
 * A home router on this machine, for UDP: who asks its STUN server (RFC 8489) gets a public port of its own, from which
 * all come that it sends to other public ports, and through which anybody reaches it (endpoint-independent, RFC 4787).
 *
 * @param address of this machine, not of its loopback
 */
export async function startConeRouter(address: string): Promise<ConeRouter> {
  const ports = new Map<string, Socket>();
  const stun = await bound(address);

  async function portOf(inside: RemoteInfo): Promise<Socket> {
    const known = ports.get(nameOf(inside));
    if (known !== undefined) return known;
    const port = await bound(address);
    ports.set(nameOf(inside), port);
    // What comes from another one inside comes from its public port.
    port.on('message', (packet, from) =>
      (ports.get(nameOf(from)) ?? port).send(packet, inside.port, inside.address),
    );
    return port;
  }

  stun.on('message', (request, from) => {
    if (request.length < 20 || request.readUInt16BE(0) !== BINDING_REQUEST) return;
    void portOf(from).then((port) =>
      stun.send(answer(request, address, port.address().port), from.port, from.address),
    );
  });
  return {
    stunUrl: `stun:${address}:${stun.address().port}`,
    stop: () => [stun, ...ports.values()].forEach((socket) => socket.close()),
  };
}

async function bound(address: string): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, address);
  await once(socket, 'listening');
  return socket;
}

function nameOf({ address, port }: RemoteInfo): string {
  return `${address}:${port}`;
}

/** A STUN success response with one attribute: the public address, XORed with the magic cookie. */
function answer(request: Buffer, address: string, port: number): Buffer {
  const response = Buffer.alloc(32);
  response.writeUInt16BE(BINDING_SUCCESS, 0);
  response.writeUInt16BE(12, 2);
  request.copy(response, 4, 4, 20);
  response.writeUInt16BE(XOR_MAPPED_ADDRESS, 20);
  response.writeUInt16BE(8, 22);
  response.writeUInt8(1, 25);
  response.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 26);
  const bytes = Buffer.from(address.split('.').map(Number));
  response.writeUInt32BE((bytes.readUInt32BE(0) ^ MAGIC_COOKIE) >>> 0, 28);
  return response;
}
