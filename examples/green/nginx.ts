// nginx before a server on the same machine: connections to it are kept, and nothing is buffered that need not be.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a configuration into `folder` and returns its path. Listens on `port`; the server is on `behind`. */
export function nginxConfiguration(
  folder: string,
  { port, behind }: { readonly port: number; readonly behind: number },
): string {
  const path = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${join(folder, name)};`)
    .join('\n');
  writeFileSync(
    path,
    `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
error_log stderr warn;
events { worker_connections 4096; }
http {
  access_log off;
${temporary}
  upstream app {
    server 127.0.0.1:${behind};
    keepalive 256;
  }
  server {
    listen 127.0.0.1:${port} backlog=2048;
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }
}
`,
  );
  return path;
}
