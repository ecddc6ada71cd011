export function App() {
  return <main>Torchwire</main>;
}
