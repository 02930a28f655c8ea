"""TLS at the gateway: handshakes, client certificates, new certificates while it runs, and what is wrong with files."""

from __future__ import annotations

import asyncio
import os
import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
import uvloop
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from resonance_contracts.topics import Service
from resonance_gateway.edge.addresses import client_address, is_secure
from resonance_gateway.edge.certificates import CertificateFault, Certificates
from resonance_gateway.edge.edge import Edge
from resonance_gateway.edge.listening import listen_at
from resonance_gateway.edge.origins import Origins
from resonance_gateway.edge.patience import Patience
from resonance_gateway.edge.renewal import Renewal
from resonance_gateway.edge.seats import Seats
from resonance_gateway.edge.settings import EdgeSettings
from resonance_gateway.edge.trust import Trust, networks
from resonance_gateway.settings import GatewaySettings
from resonance_runtime.errors import SettingsError
from resonance_runtime.health import Health
from resonance_runtime.probes import HttpServer
from resonance_runtime.settings import RuntimeSettings
from tests.support.wire import Wire, request

LOCAL = "127.0.0.0/8"
GET = request("GET", "/who", Host="localhost")
PASSWORD = serialization.BestAvailableEncryption(b"a password")


class Authority:
    """Signs certificates into files of a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
        self.certificate = self._signed(self.name, self.key, timedelta(days=30), authority=True)
        self.file = folder / "ca.pem"
        self.file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _signed(self, subject, key, life, authority=False):
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=60))
            .not_valid_after(now + life)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if not authority:
            names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())

    def issue(self, life=timedelta(days=30), name="server", locked=None):
        """Paths of a certificate and its key; those of the same name are replaced, as a secret of a cluster is."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._signed(x509.Name([]), key, life)
        lock = locked or serialization.NoEncryption()
        pem = serialization.Encoding.PEM
        contents = {
            "crt": certificate.public_bytes(pem),
            "key": key.private_bytes(pem, serialization.PrivateFormat.PKCS8, lock),
        }
        for kind, content in contents.items():
            (self.folder / f"new.{kind}").write_bytes(content)
            os.replace(self.folder / f"new.{kind}", self.folder / f"{name}.{kind}")
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def client(self, *certificate):
        """What a client connects with."""
        context = ssl.create_default_context(cafile=self.file)
        if certificate:
            context.load_cert_chain(*certificate)
        return context


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path)


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request):
    """Runs a scenario on one of the event loops."""

    def go(scenario):
        with asyncio.Runner(loop_factory=request.param) as runner:
            return runner.run(scenario)

    return go


class Gateway:
    """An edge on a port, with one route that says what it knows of a client."""

    def __init__(self, certificates, probe_port=None, **settings):
        chosen = EdgeSettings(**settings)
        self.edge = Edge(
            Trust(networks(chosen.trusted_proxies)), Origins(""), Seats(100, 100), Patience(handshake_s=0.5)
        )
        self.server = HttpServer(Service.GATEWAY, RuntimeSettings(probe_port=probe_port), Health(30))
        self.listen = listen_at(self.edge, chosen, certificates)

    async def __aenter__(self):
        async def who(asked):
            return web.Response(text=f"{client_address(asked)} {is_secure(asked)}")

        await self.server.start([web.get("/who", who)], [], self.listen)
        return self

    async def __aexit__(self, *_):
        await self.server.stop()

    async def ask(self, tls, first=b""):
        """What it says, and the serial number of its certificate."""
        async with await Wire.to(self.server.port, tls, first) as wire:
            await wire.send(GET)
            status, body = await wire.answer()
            assert status == 200
            der = wire.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
            return body.decode(), x509.load_der_x509_certificate(der).serial_number


def test_a_handshake_and_what_is_known_then(run, authority):
    async def scenario():
        async with Gateway(Certificates(*authority.issue())) as gateway:
            assert (await gateway.ask(authority.client()))[0] == "127.0.0.1 True"
            old = authority.client()
            with pytest.warns(DeprecationWarning):
                old.maximum_version = ssl.TLSVersion.TLSv1_1
            # Refused with an alert; Python 3.11.2, which is Debian's, closes before the alert is out.
            with pytest.raises((ssl.SSLError, ConnectionResetError)):
                await gateway.ask(old)

    run(scenario())


@pytest.mark.parametrize("header", [b"PROXY TCP4 192.0.2.9 10.0.0.1 4660 80\r\n", b"PROXY UNKNOWN\r\n"])
def test_a_proxy_header_comes_before_tls(run, authority, header):
    async def scenario():
        certificates = Certificates(*authority.issue())
        async with Gateway(certificates, proxy_protocol="on", trusted_proxies=LOCAL) as gateway:
            expected = "192.0.2.9" if b"192" in header else "127.0.0.1"
            assert (await gateway.ask(authority.client(), header))[0] == f"{expected} True"

    run(scenario())


def test_a_proxy_header_and_the_first_of_tls_in_one_packet(run, authority):
    async def scenario():
        certificates = Certificates(*authority.issue())
        async with Gateway(certificates, proxy_protocol="on", trusted_proxies=LOCAL) as gateway:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = authority.client().wrap_bio(incoming, outgoing, server_hostname="localhost")
            with pytest.raises(ssl.SSLWantReadError):
                tls.do_handshake()
            async with await Wire.to(gateway.server.port) as wire:
                await wire.send(b"PROXY TCP4 192.0.2.9 10.0.0.1 4660 80\r\n" + outgoing.read())
                while True:
                    async with asyncio.timeout(5):
                        incoming.write(await wire.reader.read(65_536))
                    try:
                        tls.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        await wire.send(outgoing.read())
            assert tls.version() == "TLSv1.3"

    run(scenario())


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01"], ids=["no", "plain", "half"]
)
def test_who_does_not_finish_a_handshake_is_not_waited_for(run, authority, sent):
    async def scenario():
        async with Gateway(Certificates(*authority.issue())) as gateway:
            async with await Wire.to(gateway.server.port) as wire:
                await wire.send(sent)
                assert b"HTTP" not in await wire.ended()
            async with asyncio.timeout(5):
                while len(gateway.edge.seats):
                    await asyncio.sleep(0.002)
            await gateway.ask(authority.client())

    run(scenario())


def test_clients_need_a_certificate_where_an_authority_is_named(run, authority):
    async def scenario():
        certificates = Certificates(*authority.issue(), authority.file)
        async with Gateway(certificates) as gateway:
            assert (await gateway.ask(authority.client(*authority.issue(name="client"))))[0] == "127.0.0.1 True"
            with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                await gateway.ask(authority.client())

    run(scenario())


def test_a_new_certificate_is_taken_into_use_and_a_bad_one_is_not(run, authority):
    async def scenario():
        health, tasks = Health(30), []
        paths = authority.issue(timedelta(days=3))
        certificates = Certificates(*paths)

        def spawn(name, work):
            tasks.append(asyncio.create_task(work, name=name))
            return tasks[-1]

        async def until(condition):
            async with asyncio.timeout(5):
                while not condition():
                    await asyncio.sleep(0.005)

        def said():
            return health.degradations().get("tls certificate", "")

        renewal = Renewal(certificates, health, spawn, check_s=0.01)
        await renewal.start()
        assert said().startswith("It expires in 3.0 days") or said().startswith("It expires in 2.9")
        async with Gateway(certificates) as gateway:
            first = (await gateway.ask(authority.client()))[1]
            # Opened before, and goes on after.
            async with await Wire.to(gateway.server.port, authority.client()) as wire:
                authority.issue()
                await until(lambda: not said())
                second = (await gateway.ask(authority.client()))[1]
                assert second != first
                await wire.send(GET)
                assert (await wire.answer())[0] == 200
            paths[1].write_bytes(b"nonsense")
            await until(said)
            assert "The new one is not used: RESONANCE_TLS_KEY_FILE is" in said()
            await asyncio.sleep(0.1)
            assert said(), "for as long as the files are wrong"
            assert (await gateway.ask(authority.client()))[1] == second
            authority.issue()
            await until(lambda: not said())
            assert (await gateway.ask(authority.client()))[1] not in (first, second)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(scenario())


def test_probes_have_a_plain_port_of_their_own(run, authority):
    async def scenario():
        async with (
            Gateway(Certificates(*authority.issue()), probe_port=0) as gateway,
            await Wire.to(gateway.server.probe_port) as wire,
        ):
            await wire.send(request("GET", "/livez", Host="a"))
            assert (await wire.answer())[0] == 200
            await wire.send(GET)
            assert (await wire.answer())[0] == 404

    run(scenario())


def refused(**settings):
    with pytest.raises(SettingsError) as refusal:
        Certificates.of(EdgeSettings(**settings))
    return str(refusal.value)


def test_what_is_wrong_with_files_is_said(authority, tmp_path):
    certificate, key = authority.issue()
    other = authority.issue(name="other")[1]
    locked = authority.issue(name="locked", locked=PASSWORD)
    text = tmp_path / "text"
    text.write_text("hello")

    assert Certificates.of(EdgeSettings()) is None
    assert refused(tls_cert_file=certificate).endswith("are both needed; set both.")
    assert refused(tls_client_ca_file=certificate).endswith("are both needed; set both.")
    assert "cannot be read: No such file" in refused(tls_cert_file=tmp_path / "none", tls_key_file=key)
    assert "RESONANCE_TLS_KEY_FILE" in refused(tls_cert_file=certificate, tls_key_file=tmp_path / "none")
    assert "does not begin with a certificate in PEM" in refused(tls_cert_file=text, tls_key_file=key)
    assert "key values mismatch" in refused(tls_cert_file=certificate, tls_key_file=other)
    assert "locked with a password" in refused(tls_cert_file=locked[0], tls_key_file=locked[1])
    assert "holds no certificates" in refused(tls_cert_file=certificate, tls_key_file=key, tls_client_ca_file=text)


def test_an_expired_certificate_is_used_and_named(run, authority):
    async def scenario():
        certificates, health = Certificates(*authority.issue(timedelta(days=-1))), Health(30)
        renewal = Renewal(certificates, health, lambda _, work: work.close())
        await renewal.start()
        assert health.degradations() == {"tls certificate": "It has expired; put a new one in its files."}
        assert health.unready() == {}

    run(scenario())


def test_a_reload_without_a_change_does_nothing(authority):
    certificates = Certificates(*authority.issue())
    context = certificates.context
    assert not certificates.reload()
    assert certificates.context is context
    os.unlink(authority.folder / "server.crt")
    with pytest.raises(CertificateFault, match="cannot be read"):
        certificates.reload()
    assert certificates.context is context


def test_settings_are_the_documented_ones():
    settings = GatewaySettings(jwt_secret="j" * 40, pseudonym_key="p" * 40)
    assert (settings.trusted_proxies, settings.proxy_protocol, settings.tls_cert_file) == ("", "off", None)
    assert (settings.allowed_origins, settings.max_connections, settings.probe_port) == ("", 20_000, None)
