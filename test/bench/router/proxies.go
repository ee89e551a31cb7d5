package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// proxy is one of those compared: how to start it at an address before a backend.
type proxy struct {
	name    string
	program string // looked up in PATH; itself for the router
	config  string // {dir}, {address} and {backend} are filled in
	args    []string
	env     []string
}

func proxies() []proxy {
	return []proxy{
		{name: "gondor", program: "/proc/self/exe", args: []string{"proxy", "{address}", "{backend}"}, env: []string{"GOMAXPROCS=1"}},
		{name: "gondor-file", program: "/proc/self/exe", args: []string{"file", "{address}", "{backend}"}, env: []string{"GOMAXPROCS=1"}}, // without the logs of instances
		{name: "nginx", program: "nginx", config: nginxConfig, args: []string{"-p", "{dir}", "-e", "{dir}/error.log", "-c", "{dir}/config"}},
		{name: "haproxy", program: "haproxy", config: haproxyConfig, args: []string{"-db", "-f", "{dir}/config"}},
		{
			name: "caddy", program: "caddy", config: caddyConfig,
			args: []string{"run", "--adapter", "caddyfile", "--config", "{dir}/config"},
			env:  []string{"GOMAXPROCS=1", "HOME={dir}", "XDG_CONFIG_HOME={dir}", "XDG_DATA_HOME={dir}"},
		},
	}
}

const nginxConfig = `
daemon off;
master_process off;
worker_processes 1;
pid {dir}/pid;
error_log {dir}/error.log;
events { worker_connections 1024; }
http {
  access_log {dir}/access.log combined buffer=64k flush=1s;
  client_body_temp_path {dir}/body; proxy_temp_path {dir}/proxy; fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi; scgi_temp_path {dir}/scgi;
  keepalive_requests 1000000;
  upstream site { server {backend}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen {address};
    server_name site.example.com;
    location / {
      proxy_pass http://site;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Request-ID $request_id;
    }
  }
}
`

// HAProxy writes its log to a descriptor, which is the file {dir}/access.log.
const haproxyConfig = `
global
  nbthread 1
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  option forwardfor
  option http-keep-alive
  http-reuse always
  timeout connect 2s
  timeout client 60s
  timeout server 60s
frontend front
  bind {address}
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  unique-id-format %[uuid()]
  unique-id-header X-Request-ID
  use_backend site if { req.hdr(Host) -i site.example.com }
backend site
  server one {backend}
`

const caddyConfig = `
{
  admin off
  auto_https off
}
http://site.example.com:{port} {
  bind 127.0.0.1
  log {
    output file {dir}/access.log
  }
  reverse_proxy {backend} {
    header_up X-Request-ID {http.request.uuid}
  }
}
`

// prepare writes the configuration of a proxy and returns its arguments and environment.
func (p proxy) prepare(dir, address, backend string) (args, env []string, err error) {
	_, port, _ := strings.Cut(address, ":")
	fill := strings.NewReplacer("{dir}", dir, "{address}", address, "{backend}", backend, "{port}", port)
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(fill.Replace(p.config)), 0o600); err != nil {
		return nil, nil, fmt.Errorf("write the configuration of %s: %w", p.name, err)
	}
	for _, a := range p.args {
		args = append(args, fill.Replace(a))
	}
	env = os.Environ()
	for _, e := range p.env {
		env = append(env, fill.Replace(e))
	}
	return args, env, nil
}
