// The functions of libpq.so.5 that index.ts uses, as koffi calls them.
// https://www.postgresql.org/docs/current/libpq.html

import koffi from 'koffi';

export type Pointer = unknown;

const library = open();

function open(): ReturnType<typeof koffi.load> {
  try {
    return koffi.load('libpq.so.5');
  } catch (error) {
    throw new Error('libpq.so.5 is not installed: apt-get install libpq5', { cause: error });
  }
}

// koffi has no types for what it declares.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Native = ((...args: any[]) => any) & { readonly async: (...args: any[]) => void };

const declare = (prototype: string): Native => library.func(prototype) as unknown as Native;

export const PQconnectdb = declare('void *PQconnectdb(const char *)');
export const PQfinish = declare('void PQfinish(void *)');
export const PQstatus = declare('int PQstatus(void *)');
export const PQsocket = declare('int PQsocket(void *)');
export const PQerrorMessage = declare('const char *PQerrorMessage(void *)');
export const PQserverVersion = declare('int PQserverVersion(void *)');
export const PQtransactionStatus = declare('int PQtransactionStatus(void *)');

export const PQexec = declare('void *PQexec(void *, const char *)');
export const PQexecParams = declare(
  'void *PQexecParams(void *, const char *, int, void *, const char **, void *, void *, int)',
);
export const PQprepare = declare('void *PQprepare(void *, const char *, const char *, int, void *)');
export const PQexecPrepared = declare(
  'void *PQexecPrepared(void *, const char *, int, const char **, void *, void *, int)',
);

export const PQsendQuery = declare('int PQsendQuery(void *, const char *)');
export const PQsendQueryParams = declare(
  'int PQsendQueryParams(void *, const char *, int, void *, const char **, void *, void *, int)',
);
export const PQsendPrepare = declare('int PQsendPrepare(void *, const char *, const char *, int, void *)');
export const PQsendQueryPrepared = declare(
  'int PQsendQueryPrepared(void *, const char *, int, const char **, void *, void *, int)',
);
export const PQsetnonblocking = declare('int PQsetnonblocking(void *, int)');
export const PQisnonblocking = declare('int PQisnonblocking(void *)');
export const PQflush = declare('int PQflush(void *)');
export const PQconsumeInput = declare('int PQconsumeInput(void *)');
export const PQisBusy = declare('int PQisBusy(void *)');
export const PQgetResult = declare('void *PQgetResult(void *)');
export const PQgetCancel = declare('void *PQgetCancel(void *)');
export const PQcancel = declare('int PQcancel(void *, _Out_ char *, int)');
export const PQfreeCancel = declare('void PQfreeCancel(void *)');

export const PQclear = declare('void PQclear(void *)');
export const PQresultStatus = declare('int PQresultStatus(void *)');
export const PQresStatus = declare('const char *PQresStatus(int)');
export const PQresultErrorMessage = declare('const char *PQresultErrorMessage(void *)');
export const PQntuples = declare('int PQntuples(void *)');
export const PQnfields = declare('int PQnfields(void *)');
export const PQfname = declare('const char *PQfname(void *, int)');
export const PQftype = declare('uint32_t PQftype(void *, int)');
export const PQgetvalue = declare('const char *PQgetvalue(void *, int, int)');
export const PQgetisnull = declare('int PQgetisnull(void *, int, int)');
export const PQcmdStatus = declare('const char *PQcmdStatus(void *)');
export const PQcmdTuples = declare('const char *PQcmdTuples(void *)');

const PQnotifies = declare('void *PQnotifies(void *)');
const PQfreemem = declare('void PQfreemem(void *)');
const PGnotify = koffi.struct({ relname: 'const char *', be_pid: 'int', extra: 'const char *' });

export function takeNotification(
  connection: Pointer,
): { relname: string; extra: string; be_pid: number } | undefined {
  const message = PQnotifies(connection);
  if (message === null) return undefined;
  const notification = koffi.decode(message, PGnotify);
  PQfreemem(message);
  return notification;
}
