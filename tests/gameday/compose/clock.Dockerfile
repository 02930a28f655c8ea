FROM python:3.11-slim-bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
COPY clock.c /src/
RUN gcc -O2 -Wall -Wextra -Werror -shared -fPIC -o /opt/clock.so /src/clock.c
