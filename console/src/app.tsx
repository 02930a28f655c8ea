import { useEffect } from "preact/hooks";
import { get } from "./api/client";
import type { SchemaCallerView } from "./api/schema";
import { caller, leave, token } from "./api/session";
import { Frame } from "./frame";
import { Refused } from "./api/client";
import { Question } from "./parts/ask";
import { Toasts } from "./parts/toast";
import { SignIn } from "./pages/sign-in";

export function App() {
  return (
    <>
      {token.value === null ? <SignIn /> : <SignedIn />}
      <Question />
      <Toasts />
    </>
  );
}

/** A page that was loaded again has a token and does not know yet whose it is. */
function SignedIn() {
  useEffect(() => {
    if (caller.value !== null) return;
    let timer = 0;
    const find = async (): Promise<void> => {
      try {
        caller.value = await get<SchemaCallerView>("/ml/me");
      } catch (error) {
        if (error instanceof Refused && error.status === 403) leave(error.message);
        else timer = self.setTimeout(() => void find(), 1000);
      }
    };
    void find();
    return () => clearTimeout(timer);
  }, []);
  return <Frame />;
}
