"""What English advises each role on alerts of other systems."""

from __future__ import annotations

from typing import Final

from resonance_narration.facts import Role
from resonance_narration.reported_phrases import Subject, SubjectAdvice
from resonance_narration.voice import Advice

ADVICE: Final[SubjectAdvice] = {
    Role.DEVOPS: {
        Subject.ERRORS: Advice(
            "Errors that begin with a release end with its rollback; others point to a dependency.",
            (
                "Compare the start of the errors with the last release and roll it back if they match.",
                "Check the dependencies of the service for failures and time-outs.",
                "Compare instances: one that differs from the others can be taken out of rotation.",
            ),
        ),
        Subject.LATENCY: Advice(
            "Slow answers pile up connections, so a short delay can become an outage.",
            (
                "Find the slowest step in traces: the service itself, a dependency or the network.",
                "Add capacity if the load grew, and shed what can wait.",
            ),
        ),
        Subject.TRAFFIC: Advice(
            "What one source takes, the others on the same instances lack.",
            (
                "Find out whether a few sources or all of them send more.",
                "Limit the few, or scale out for the many.",
            ),
        ),
        Subject.CAPACITY: Advice(
            "A resource at its limit slows everything that shares it before anything fails.",
            (
                "Free or add the resource that runs short before it is exhausted.",
                "Find out whether load grew or something no longer lets go.",
            ),
        ),
        Subject.ACCESS: Advice(
            "A deployment that changed keys or clocks looks the same as an attack.",
            (
                "Check keys, certificates and clocks that changed recently.",
                "Keep the limits on failed sign-ins in force and call security.",
            ),
        ),
        Subject.SILENCE: Advice(
            "Silence is more often a fault on the way than a lack of demand.",
            (
                "Check that the source and its connection are alive.",
                "Check that the measurement itself is still collected.",
            ),
        ),
        Subject.GENERAL: Advice(
            "One value alone does not tell the cause.",
            (
                "Compare the value with its history and with neighbouring services.",
                "Check what changed shortly before it.",
            ),
        ),
    },
    Role.SECURITY: {
        Subject.ERRORS: Advice(
            "Refused requests also come from probing, so their pattern matters more than their number.",
            (
                "Look whether the refused requests vary systematically or come from few addresses.",
                "Keep the logs of the time in question before they expire.",
            ),
        ),
        Subject.LATENCY: Advice(
            "Exhausting a service slowly shows first as latency; most latency is no attack.",
            (
                "Look for requests that are unusually expensive and for who sends them.",
                "Check that protection at the edge is active.",
            ),
        ),
        Subject.TRAFFIC: Advice(
            "Volume alone proves no intent: look at its sources and its content.",
            (
                "Group the traffic by address, account and client to see whether it is coordinated.",
                "Tighten limits for those sources alone, not for everybody.",
            ),
        ),
        Subject.CAPACITY: Advice(
            "A resource can be exhausted on purpose; load and leaks are likelier.",
            (
                "Check whether one account or address causes most of the use.",
                "Look for processes that nobody deployed.",
            ),
        ),
        Subject.ACCESS: Advice(
            "Failed sign-ins can be guessing, an expired key or a broken client.",
            (
                "Check which accounts and addresses are concerned and whether any attempt succeeded.",
                "Revoke tokens that are used from places that cannot belong together.",
                "Ask the owners of the accounts before you lock them out.",
            ),
        ),
        Subject.SILENCE: Advice(
            "Monitoring that falls silent hides what happens meanwhile.",
            (
                "Check whether logs or agents were switched off, and by what change.",
                "Look at the same time in sources that still report.",
            ),
        ),
        Subject.GENERAL: Advice(
            "There is no sign of intent in these values alone.",
            (
                "Compare with sign-ins and changes of permissions at the same time.",
                "Keep the evidence until the cause is known.",
            ),
        ),
    },
    Role.DEVELOPER: {
        Subject.ERRORS: Advice(
            "The usual defects are a changed contract, an unhandled answer of a dependency and a missing migration.",
            (
                "Take the most frequent error and reproduce it with the request that caused it.",
                "Compare the code that was released last with what the errors name.",
            ),
        ),
        Subject.LATENCY: Advice(
            "The usual defects are a query without an index, a call in a loop and a lock held while waiting.",
            (
                "Profile the slowest endpoint with a request of that time.",
                "Give every call to a dependency a time-out and a bound on retries.",
            ),
        ),
        Subject.TRAFFIC: Advice(
            "The usual defects are a retry without back-off and a client that polls.",
            (
                "Check clients for retries without a pause and for sends in a loop.",
                "Make repeated requests cheap: cache, batch or refuse them early.",
            ),
        ),
        Subject.CAPACITY: Advice(
            "The usual defects are a cache without a bound, handles that stay open and a queue without back pressure.",
            (
                "Take a heap or handle dump before the process is restarted.",
                "Bound what grows: caches, queues, pools.",
            ),
        ),
        Subject.ACCESS: Advice(
            "The usual defects are a token that is not renewed and a clock that is off.",
            (
                "Check how the client renews tokens and what it does with a refusal.",
                "Search builds and configuration for credentials that are shared.",
            ),
        ),
        Subject.SILENCE: Advice(
            "The usual defects are an exception that ends a worker and a connection that hangs half open.",
            (
                "Look for a worker that ended without being restarted.",
                "Add a heartbeat that tells silence from idleness.",
            ),
        ),
        Subject.GENERAL: Advice(
            "No single defect stands out from these values.",
            (
                "Look at the changes of that time that touch what was measured.",
                "Add the measurements that would have told the cause.",
            ),
        ),
    },
    Role.SUPPORT: {
        Subject.ERRORS: Advice(
            "Users may see error messages or actions without a result.",
            (
                "Tell those who ask that errors are known and being worked on; promise no time.",
                "Pass on the time and the text of errors that users report.",
            ),
        ),
        Subject.LATENCY: Advice(
            "Users may find everything slow, and messages late.",
            (
                "Tell those who ask that answers are slow at present and that nothing of theirs is lost by waiting.",
                "Note where users are and what was slow for them.",
            ),
        ),
        Subject.TRAFFIC: Advice(
            "Some users may be slowed down or refused for a while.",
            (
                "Tell those who ask that much traffic arrives and that a retry after a pause helps.",
                "Ask whether they run scripts or several clients.",
            ),
        ),
        Subject.CAPACITY: Advice(
            "Users may notice delays, and later refusals.",
            (
                "Prepare an answer for the case that it becomes noticeable.",
                "Report at once when the first users complain.",
            ),
        ),
        Subject.ACCESS: Advice(
            "Users may be unable to sign in or may be asked to do so again.",
            (
                "Never ask for a password; help users through the regular reset.",
                "Pass on accounts that report sign-ins of which they know nothing.",
            ),
        ),
        Subject.SILENCE: Advice(
            "Users may miss updates without seeing an error.",
            (
                "Ask those who complain whether reconnecting brings the updates back.",
                "Report several complaints of that kind as a possible outage.",
            ),
        ),
        Subject.GENERAL: Advice(
            "Users may not notice anything.",
            (
                "Collect what users report together with the time.",
                "Promise nothing until the cause is known.",
            ),
        ),
    },
    Role.MANAGEMENT: {
        Subject.ERRORS: Advice(
            "Part of what users ask for fails; how much depends on how long it lasts.",
            (
                "Ask operations how many users are concerned and when the next news comes.",
                "Decide whether customers are to be informed.",
            ),
        ),
        Subject.LATENCY: Advice(
            "The service works but slowly, which users take for an outage after a while.",
            (
                "Ask operations whether more capacity would help and what it costs.",
                "Postpone releases and campaigns until it is over.",
            ),
        ),
        Subject.TRAFFIC: Advice(
            "More arrives than usual; it may be success, a mistake or misuse.",
            (
                "Ask whether a campaign or a partner explains it.",
                "Approve more capacity only if the demand is wanted.",
            ),
        ),
        Subject.CAPACITY: Advice(
            "There is little reserve left; without action the service may slow down.",
            (
                "Decide about more capacity when operations ask for it.",
                "Have the planning of capacity reviewed.",
            ),
        ),
        Subject.ACCESS: Advice(
            "Access may be misused, or legitimate users may be shut out; it is not yet known which.",
            (
                "Leave the decision on locking accounts to security.",
                "Have the data protection officer ready in case access was misused.",
            ),
        ),
        Subject.SILENCE: Advice(
            "Something stopped reporting; whether users are concerned is not known yet.",
            (
                "Ask operations for an assessment.",
                "No decision is needed until then.",
            ),
        ),
        Subject.GENERAL: Advice(
            "The effect on the business is not known yet.",
            (
                "Wait for the assessment of operations.",
                "No decision is needed now.",
            ),
        ),
    },
}
