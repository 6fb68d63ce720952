import { expect, test } from 'vitest';
import { parseRoute } from './router-state.svelte.ts';

test.each([
  ['', { page: 'home' }],
  ['#/', { page: 'home' }],
  ['#/provide', { page: 'provide' }],
  ['#/request', { page: 'request' }],
  ['#/request/clay-workshop', { page: 'request', example: 'clay-workshop' }],
  ['#/job', { page: 'jobs' }],
  ['#/job/bafkreia', { page: 'job', job: 'bafkreia' }],
  ['#/nowhere', { page: 'missing' }],
  ['#/job/<script>', { page: 'missing' }],
  ['#/job/a/b', { page: 'missing' }],
  ['#/wallet/x', { page: 'missing' }],
])('%s', (hash, route) => expect(parseRoute(hash)).toEqual(route));
