// The nginx configuration that answers the benchmark's static paths: one worker, no log, connections kept.

/** `folder` holds the file `large` and takes the pid file and temporary files. */
export function nginxConfiguration(port: number, folder: string): string {
  return `
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid ${folder}/nginx.pid;
error_log stderr crit;
events { worker_connections 16000; multi_accept on; }
http {
  access_log off;
  server_tokens off;
  default_type "text/plain;charset=UTF-8";
  keepalive_timeout 75s;
  keepalive_requests 1000000000;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = / { return 200 "Hello, World!"; }
    location = /large { root ${folder}; open_file_cache max=8; }
  }
}
`;
}
