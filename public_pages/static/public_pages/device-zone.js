const device = Intl.DateTimeFormat().resolvedOptions().timeZone;
const select = document.querySelector("select[data-device-zone=yes]");

if (device && select) {
  const known = [...select.options].some((option) => option.value === device);
  if (!known) select.add(new Option(device.replaceAll("_", " "), device));
  select.value = device;
}
