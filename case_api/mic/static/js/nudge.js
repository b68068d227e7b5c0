// Whether the staff member wants to be told when they hurry: their own choice, kept on this phone alone. Off until they say so.

const KEY = "calmdesk.nudge";

export const wantsNudge = () => localStorage.getItem(KEY) === "1";

export function chooseNudge(wanted) {
  if (wanted) localStorage.setItem(KEY, "1");
  else localStorage.removeItem(KEY);
}
