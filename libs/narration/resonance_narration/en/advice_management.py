"""What English tells those who decide."""

from __future__ import annotations

from typing import Final

from resonance_narration.themes import Theme
from resonance_narration.voice import Advice, RoleAdvice

ADVICE: Final = RoleAdvice(
    open={
        Theme.VOLUME: Advice(
            "One account takes more of the platform than it should; others may feel it.",
            (
                "No decision is needed unless the operators report that other users are slowed.",
                "If it recurs, consider a plan with limits that fit this account's needs.",
            ),
        ),
        Theme.ERRORS: Advice(
            "One account's requests fail; the cause may be in the client or in our service.",
            (
                "Ask the operators whether more than one customer is affected.",
                "Have a message to customers ready if it is.",
            ),
        ),
        Theme.LIMITS: Advice(
            "The protection works: one account is held at its limit.",
            (
                "No decision is needed now.",
                "If the account is a partner's, have someone offer a suitable limit.",
            ),
        ),
        Theme.SESSION: Advice(
            "One account connects in an unusual way; a network fault is as likely as misuse.",
            (
                "No decision is needed unless several accounts are affected.",
                "Ask for the cause in the next review.",
            ),
        ),
        Theme.CHANNELS: Advice(
            "One account uses more or fewer channels than it used to; sensitive data may be concerned.",
            (
                "Ask security whether sensitive channels were read.",
                "Wait for their answer before anyone informs a customer.",
            ),
        ),
        Theme.TIMING: Advice(
            "One account appears to be automated; that is a matter of policy before it is one of security.",
            (
                "Decide whether automation is welcome, and on which terms.",
                "No urgent action is needed.",
            ),
        ),
        Theme.ADDRESSES: Advice(
            "One account comes from many places; it may be travel, a private network service or misuse.",
            (
                "Ask security for a judgement before anyone contacts the customer.",
                "No urgent decision is needed at this point.",
            ),
        ),
        Theme.TOKENS: Advice(
            "One account's access may be used by more than one person; data of that account could be exposed.",
            (
                "Let security decide on revoking the access, and expect a short interruption for the user.",
                "Ask the data protection officer if security confirms that access was copied.",
            ),
        ),
        Theme.DROP: Advice(
            "One account is quieter than usual; alone this is no loss, several would mean an outage.",
            (
                "Ask the operators whether others are affected.",
                "No decision is needed otherwise.",
            ),
        ),
        Theme.GENERAL: Advice(
            "One account behaves differently from before; the effect on the business is not yet known.",
            (
                "Wait for the operators' judgement.",
                "No decision is needed now.",
            ),
        ),
    },
    resolved=(
        "No action is needed.",
        "Ask for the cause in the next review if the severity was high or critical.",
    ),
)
