import { Cell } from '../../base/observable.ts';
import { encodeEnvelope } from '../../protocol/envelope.ts';
import type { FraudDesk } from '../../requestor/evidence/fraud-desk.ts';
import type { Kiln } from '../kiln.ts';
import type { RecordDesk } from './record-desk.ts';
import type { FraudView } from './record-view.ts';

/** One's own record and the evidence against others, as the pages use them. */
export function recordApi(desk: RecordDesk, fraud: FraudDesk): Kiln['record'] {
  const proofs = new Cell<readonly FraudView[]>([]);
  fraud.view.subscribe((records) =>
    proofs.set(records.map(({ envelope: _, payee: __, jobKind: ___, ...view }) => view)),
  );
  return {
    view: desk.view,
    proofs,
    renew: () => desk.renew(),
    proofFile: (digest) => {
      const record = fraud.view.value.find((one) => one.digest === digest);
      return record === undefined ? undefined : encodeEnvelope(record.envelope);
    },
    export: () => desk.export(),
    import: (bytes) => desk.import(bytes),
  };
}
