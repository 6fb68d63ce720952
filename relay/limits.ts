/** What one relay process is asked to bear at most, with the reason beside each number. */

/** 2,000 peers were measured at 0.21–0.33 MiB each; memory, not CPU, is the limit. */
export const MAX_CONNECTIONS = 5_000;
/** Many peers share one address (a NAT, a proxy); the default of 5 keeps an office out. */
export const MAX_INBOUND_PER_HOST_PER_SECOND = 100;
/** Connections in the middle of their handshake. */
export const MAX_PENDING_CONNECTIONS = 300;
/** Circuits over the connection of one peer; the default of 32 ends at the 33rd dial. */
export const MAX_CIRCUITS_PER_CONNECTION = 2_000;
/** Two for every connection there can be. */
export const MAX_RESERVATIONS = 10_000;
/** Tabs refresh five minutes before the end. */
export const RESERVATION_MS = 15 * 60_000;
/** Circuits carry WebRTC signalling, about 10 KiB, and nothing else. */
export const CIRCUIT_BYTES = 262_144n;
export const CIRCUIT_MS = 60_000;
/** How long the record of a peer that left is kept; a tab that reloads is back sooner. */
export const FORGET_PEER_MS = 30_000;
/** How often expired board entries are dropped. */
export const BOARD_SWEEP_MS = 5_000;
/** In a star the relay must reach every subscriber itself: the default degrees deliver 58–63 % of the messages. */
export const GOSSIP_DEGREE = { D: 10_000, Dlo: 5_000, Dhi: 20_000, Dout: 0 } as const;
