# Sets the labs' host rules where the installer isn't root: runs labs/shixun_labs/rules.sh from stdin, with NET_ADMIN, and ends.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends iptables && rm -rf /var/lib/apt/lists/*
CMD ["sh", "-s"]
